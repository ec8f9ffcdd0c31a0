"""Errors on one line."""

from __future__ import annotations

import re

READ_ERROR = re.compile(
    r"(DetachedInstanceError|InvalidRequestError|MissingGreenlet|StatementError): [^\n]{,200}"
)


def describe_error(error: BaseException) -> str:
    """Return an error as a traceback's last line does, on one line and without its module.

    What a validation error has read as an error of the ORM follows it.
    """
    cause = READ_ERROR.search(str(error).partition("\n")[2])
    return f"{type(error).__name__}: {first_line(error)}{f' {cause[0]}' if cause else ''}"


def first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
