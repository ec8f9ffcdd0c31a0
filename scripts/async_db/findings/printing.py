"""Printing to a reader who may leave before the end, as `head` does."""

from __future__ import annotations

import contextlib
import os
import sys

from .escaping import visible


def print_whole(text: str) -> None:
    """Print a text; who closes the pipe has seen enough, and that is no error.

    In a terminal nothing is printed that it would obey: a file of the target may hold that.

    Parameters:
        text: with its last line break.

    Raises:
        OSError: it cannot be written for another reason.
    """
    if sys.stdout.isatty():
        text = visible(text, keep="\n\t")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer must not fail once more at the exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise
