"""Something about each of many objects, for as long as there is that object."""

from __future__ import annotations

from typing import Any, Generic, TypeVar
from weakref import ref

Value = TypeVar("Value")


class ByIdentity(Generic[Value]):
    """Keeps a value for each of some objects, by `kept`, and keeps none of them alive.

    It is asked for each event, and a `WeakKeyDictionary` takes three times as long: to ask it, an
    object is hashed, and a reference to it made.
    """

    def __init__(self) -> None:
        self.kept: dict[int, tuple[Value, ref[Any]]] = {}

    def get(self, thing: object) -> Value | None:
        """Give the value of an object, if it has one."""
        kept = self.kept.get(id(thing))
        return None if kept is None else kept[0]

    def __contains__(self, thing: object) -> bool:
        return id(thing) in self.kept

    def __setitem__(self, thing: object, value: Value) -> None:
        key, kept = id(thing), self.kept
        # An object's identity is free for another only after this has been called.
        kept[key] = value, ref(thing, lambda _: kept.pop(key, None))

    def pop(self, thing: object) -> Value | None:
        """Forget an object, and give the value that it had, if any."""
        kept = self.kept.pop(id(thing), None)
        return None if kept is None else kept[0]
