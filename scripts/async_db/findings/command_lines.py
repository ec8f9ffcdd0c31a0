"""The parser of a command's arguments."""

from __future__ import annotations

import argparse
from typing import Protocol

from .printing import print_whole


class _Writable(Protocol):
    def write(self, text: str, /) -> object: ...


class CommandParser(argparse.ArgumentParser):
    """A parser that says so where its help cannot be printed: argparse keeps silent, and succeeds."""

    def print_help(self, file: _Writable | None = None) -> None:
        if file is not None:
            super().print_help(file)
            return
        try:
            print_whole(self.format_help())
        except OSError as error:
            self.exit(2, f"{self.prog.removesuffix('.py')}: the output: {error.strerror}\n")
