"""What a row of the translation table is, and how one is added."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

Old = Callable[[Any], object]  # of a Session, whose 1.x methods no type checker knows
New = Callable[[AsyncSession], Awaitable[object]]
Rows = dict[str, tuple[Old, New]]
GoneRows = dict[str, tuple[Old, str, New, object]]


def adds_to(rows: Rows) -> Callable[[Old], Callable[[New], New]]:
    """Give a decorator: the 1.x side on a Session, before the 2.x side on an AsyncSession."""

    def same(old: Old) -> Callable[[New], New]:
        def add(new: New) -> New:
            assert new.__name__ not in rows
            rows[new.__name__] = (old, new)
            return new

        return add

    return same


def adds_gone_to(rows: GoneRows) -> Callable[[Old, str, object], Callable[[New], New]]:
    """Give a decorator: the 1.x side, the error that it is by now, and what the 2.x side gives."""

    def gone(old: Old, error: str, gives: object) -> Callable[[New], New]:
        def add(new: New) -> New:
            assert new.__name__ not in rows
            rows[new.__name__] = (old, error, new, gives)
            return new

        return add

    return gone


def in_turn(*done: object) -> object:
    """Stand for several statements in one expression."""
    return done[-1]
