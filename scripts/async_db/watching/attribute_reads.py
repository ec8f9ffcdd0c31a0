"""Which attribute is being read while SQLAlchemy loads something for it, and why it is not there."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, inspect

from .callers import calls

if TYPE_CHECKING:
    from sqlalchemy.orm import ORMExecuteState, Session

# What loads because it was called, in async code too.
EXPLICIT_LOADS = frozenset(
    {
        *("Session.refresh", "Session._get_impl", "Session._merge"),
        *("Session.delete", "Session._delete_impl", "Session._flush"),
    }
)
MAX_FRAMES = 60
WRAPPERS = Path(__file__).parent.as_posix()  # they stand between SQLAlchemy's own functions


def attribute_read(executed: ORMExecuteState) -> str:
    """Name what is loaded because it was read, after its kind; nothing if a call asked for it.

    The kinds are ``relationship``; ``expired``, and ``discarded`` where no commit can have done it;
    ``computed`` by the database in a write; ``column_property``; ``polymorphic``, a column of a
    subclass; and ``deferred``.
    """
    if not executed.is_select:
        return ""
    path = executed.loader_strategy_path
    lazily = executed.lazy_loaded_from is not None and path
    if not (lazily or executed.is_column_load) or calls("sqlalchemy", EXPLICIT_LOADS):
        return ""
    if lazily and path:
        return f"relationship {path[-1]}"
    read = _read()
    if read is None:
        return "expired columns"
    state, key = read
    return f"{kind_of_load(state, key, executed.session)} {state.class_.__name__}.{key}"


def detached_read() -> str:
    """Name what is read of an instance whose session is closed, if a write has left it to be loaded.

    Whether a commit has expired it, nobody knows any more.
    """
    read = _read()
    if read is None or read[0].expired:
        return ""
    state, key = read
    kind = kind_of_load(state, key, None)
    return "" if kind == "discarded" else f"{kind} {state.class_.__name__}.{key}"


def _read() -> tuple[Any, str] | None:
    """Give the state of the instance and the attribute that the code outside SQLAlchemy reads."""
    found = None
    frame: FrameType | None = sys._getframe(2)
    inside = False
    for _ in range(MAX_FRAMES):
        if frame is None:
            break
        file = frame.f_code.co_filename.replace("\\", "/")
        if "/sqlalchemy/" in file:
            inside = True
            if frame.f_code.co_name == "get" and file.endswith("/orm/attributes.py"):
                values = frame.f_locals
                found = (values.get("state"), getattr(values.get("self"), "key", None))
        elif inside and not file.startswith(WRAPPERS):
            break
        frame = frame.f_back
    return None if found is None or None in found else found  # type: ignore[return-value]


def kind_of_load(state: Any, key: str, session: Session | None) -> str:
    """Tell why an attribute that is being read is not there, as `attribute_read` names it."""
    if state.expired:
        return "expired" if session and session.expire_on_commit else "discarded"
    if key not in state.expired_attributes:
        # The other row may be there, and expired itself.
        return "relationship" if key in inspect(state.class_).relationships else "deferred"
    columns = getattr(inspect(state.class_).attrs.get(key), "columns", [])
    if not columns:
        return "discarded"
    (column, *_) = columns
    if not isinstance(column, Column):
        return "column_property"
    by_database = (column.server_default, column.server_onupdate, column.onupdate, column.computed)
    if any(each is not None for each in by_database):
        return "computed"
    base = inspect(state.class_).inherits
    return "polymorphic" if base is not None and key not in base.attrs else "discarded"
