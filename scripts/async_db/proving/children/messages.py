"""What is told of a test that failed or was skipped: the exception's own text, without source lines."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


_TOOK = re.compile(r" in \d+\.\d+s$")  # how pytest's last line ends, otherwise each time


def error_line(text: str) -> str:
    """Give the last line that pytest marks as an exception's text, else the last one."""
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("E ") for line in lines if line.startswith("E  ")]
    return _TOOK.sub("", (errors or lines or ["no output"])[-1].strip())


def members_of(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from members_of(error)
        else:
            yield error


def named(error: BaseException) -> str:
    return _as_worded(f"{type(error).__name__}: {error}")


def _as_worded(message: str) -> str:
    """Leave out what pytest adds to an assertion that says itself what is wrong."""
    return message.partition("\nassert ")[0] if message.startswith("AssertionError: ") else message


def message_of(report: "pytest.TestReport | pytest.CollectReport") -> str:
    """Give the text of the exception that ended a test, or of the reason that it was skipped."""
    from _pytest._code.code import ExceptionRepr

    representation = report.longrepr
    if hasattr(report, "wasxfail"):
        return f"expected to fail: {report.wasxfail}"
    if isinstance(representation, ExceptionRepr) and representation.reprcrash is not None:
        return _as_worded(representation.reprcrash.message)
    if isinstance(representation, tuple):
        return str(representation[2])
    return error_line(str(representation))
