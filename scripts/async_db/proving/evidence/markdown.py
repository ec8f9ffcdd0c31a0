"""Tables in Markdown, and their places between marks in a text."""

import re
from collections.abc import Sequence

from async_db.proving.evidence.files import EvidenceError

Marks = tuple[str, str]
MARKS: Marks = ("<!-- evidence -->", "<!-- /evidence -->")
RELEASES_MARKS: Marks = ("<!-- releases -->", "<!-- /releases -->")
"""Between which a Markdown file carries the table."""

EMPTY_CELL = "–"
"""Stands where a rule claims nothing, or nothing was tried."""


_CELL_BORDER = re.compile(r"(?<!\\)\|")


def with_table(text: str, table: str, marks: Marks = MARKS) -> str:
    """Give a Markdown text with the table between its two marks replaced.

    Raises:
        EvidenceError: the text does not have the marks, each once and in their order.
    """
    begin, end = marks
    before, found, rest = text.partition(begin)
    _, also_found, after = rest.partition(end)
    if not found or not also_found or begin in after or end in before + after:
        raise EvidenceError(f"no place for the table: it goes between {begin} and {end}")
    return f"{before}{begin}\n{table}{end}{after}"


def shows_table(text: str, table: str, *, unknown: str | None = None) -> bool:
    """Say whether a text shows a table between its marks.

    Args:
        text: the Markdown text.
        table: what is to be there.
        unknown: the cell that stands for what is not known, and is compared with nothing. If it
            is given, cells are compared instead of characters: columns may have other widths.

    Raises:
        EvidenceError: the text does not have the marks.
    """
    if unknown is None:
        return with_table(text, table) == text
    with_table(text, table)
    shown, fresh = _cells(text.partition(MARKS[0])[2].partition(MARKS[1])[0]), _cells(table)
    return [len(row) for row in shown] == [len(row) for row in fresh] and all(
        cell in (unknown, other)
        for row, others in zip(fresh, shown, strict=True)
        for cell, other in zip(row, others, strict=True)
    )


def _cells(table: str) -> list[list[str]]:
    """Give the cells of a table's rows, without the line below the header."""
    rows = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in _CELL_BORDER.split(row)[1:-1]] for row in rows[:1] + rows[2:]]


def shortened(text: str, width: int) -> str:
    """Give a text as one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def pipe_table(rows: Sequence[Sequence[str]]) -> str:
    """Give rows, the first of which is the header, as Markdown with columns of even width."""
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in escaped) for column in range(len(escaped[0]))]
    rule = ["-" * width for width in widths]
    return "".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        + " |\n"
        for row in (escaped[0], rule, *escaped[1:])
    )
