"""A record: what stood over the database while a target's tests ran, and what reading loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from .edges import Edge

SCHEMA_VERSION = 1
_DATABASES = ("sqlalchemy.", "sqlmodel.", "starlette.testclient.")

CallKind = Literal["call", "read", "with", "for", "await", "other"]
"""What runs the callee at a place: a call; an attribute that is read, as a property's; the entering
or leaving of `with`; the loop of `for`; `await` or `yield from`; an operator or the like."""
LoadKind = Literal[
    "relationship",
    "deferred",
    "expired",
    "discarded",
    "computed",
    "polymorphic",
    "column_property",
]
"""Why an attribute was not there: nobody had loaded it; its column is `deferred`; a commit, or a
rollback or the like (`discarded`), has expired it; the database has computed it in a write; it is a
column of a subclass, or an expression of the mapping, that a write has expired."""

FOR_THE_RESPONSE = "response"
"""What reads an attribute on behalf of a whole path operation."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the target's own code.

    Parameters:
        path: relative to the project, with slashes.
        function: the dotted name of the function that it is in, without `<locals>`; comprehensions
            and lambdas are their function's. Empty for the module.
        start: line and column where the expression begins; of a whole function, where that does,
            with its first decorator, if it has any.
        end: line and column, as `Edge.end`, where the expression ends; None for a whole function.
    """

    path: str
    function: str
    start: tuple[int, int]
    end: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, order=True)
class RecordedFunction:
    """A function of the target, application or test, that stood over the database.

    Parameters:
        path: relative to the project, with slashes.
        qualname: dotted, without `<locals>`.
        line: its first one, counted from 1: that of its first decorator, if it has any.
        direct: whether only calls of the target's own lie between it and a session's, an engine's
            or a test client's method, at least once. Else something else lies between, such as a
            library that calls back, or it only read an attribute.
    """

    path: str
    qualname: str
    line: int
    direct: bool


@dataclass(frozen=True, slots=True, order=True)
class RecordedCall:
    """An expression that reached the database, and what it ran.

    Parameters:
        path: of the file that it is in.
        start: line and column where it begins. Python tells that only roughly of a method's call
            over several lines; `end` is exact.
        end: line and column where it ends, as `Edge.end`.
        caller: the function that it is in, as `Place.function`.
        callee: what it ran, as `Edge.callee`; a lambda or a generator expression of another
            function ends in `<lambda>` or `<genexpr>`.
        callee_path: as `Edge.callee_path`.
        kind: how.
        via: what was called and called the callee in turn, where that is neither: a library's
            function such as `tenacity.Retrying.__call__`, or a builtin such as `list`.
    """

    path: str
    start: tuple[int, int]
    end: tuple[int, int]
    caller: str
    callee: str
    callee_path: str
    kind: CallKind = "call"
    via: str = ""


@dataclass(frozen=True, slots=True)
class RecordedLoad:
    """An attribute that was loaded because it was read.

    Parameters:
        owner: the dotted name of the class, in its module.
        owner_path: the file that defines it; empty if that is not the target's.
        attribute: its name.
        kind: why it was not there.
        sent: whether a statement was sent for it at least once; else the session had the object
            already, as it has where a test shares its session with what it tests.
        read: the innermost place of the target's that read it; the whole path operation, where
            that was done for its response (what is served by a thread has no other place).
        through: what read it on behalf of that place, such as
            `pydantic.main.BaseModel.model_validate`, or `FOR_THE_RESPONSE`; empty if the place
            itself did.
        made_by: whether a query loaded the object or a constructor made it; empty if that is not
            known.
        made: where, which is the call or the loop that loaded it.
    """

    owner: str
    owner_path: str
    attribute: str
    kind: LoadKind
    sent: bool
    read: Place
    through: str = ""
    made_by: Literal["query", "constructor", ""] = ""
    made: Place | None = None

    @property
    def order(self) -> tuple[object, ...]:
        """What loads are sorted by."""
        made = self.made or Place("", "", (0, 0))
        return (
            *(self.owner_path, self.owner, self.attribute, self.kind),
            *(_order(self.read), self.through, self.made_by, _order(made), self.sent),
        )


@dataclass(frozen=True)
class Record:
    """What was seen.

    Parameters:
        files: of each file that it speaks of, the hash of its text; see `text_hash`.
        functions, calls, loads: what was seen, sorted.
        failed: the tests that failed meanwhile; what they would have done is not seen.
        problems: why less was seen than should have been.
        expire_on_commit: whether sessions expired what they had committed, as sync ones do.
    """

    files: dict[str, str]
    functions: tuple[RecordedFunction, ...] = ()
    calls: tuple[RecordedCall, ...] = ()
    loads: tuple[RecordedLoad, ...] = ()
    failed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    expire_on_commit: bool = False

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The calls that ran a function of the target's, or a method of a database or a client.

        Only those that ran what they name, or what they were handed, with nothing between: what a
        library called back is none. What ran by a loop or by `with` over a call of a generator is
        that call's.
        """
        found = {
            Edge(each.path, each.end, each.callee, each.callee_path, "recorded")
            for each in self.calls
            if each.kind not in ("read", "other") and not each.via and each.callee[-1:] != ">"
            if each.callee_path or each.callee.startswith(_DATABASES)
        }
        return tuple(sorted(found))


def merged(records: Iterable[Record]) -> Record:
    """Put together what several processes have seen of the same files."""
    files: dict[str, str] = {}
    direct: dict[tuple[str, str, int], bool] = {}
    calls: set[RecordedCall] = set()
    sent: dict[RecordedLoad, bool] = {}
    failed: set[str] = set()
    problems: dict[str, None] = {}
    expire = False
    for record in records:
        files |= record.files
        for each in record.functions:
            key = (each.path, each.qualname, each.line)
            direct[key] = direct.get(key, False) or each.direct
        calls |= set(record.calls)
        for load in record.loads:
            unsent = replace(load, sent=False)
            sent[unsent] = sent.get(unsent, False) or load.sent
        failed |= set(record.failed)
        problems |= dict.fromkeys(record.problems)
        expire = expire or record.expire_on_commit
    return Record(
        files=dict(sorted(files.items())),
        functions=tuple(sorted(RecordedFunction(*key, each) for key, each in direct.items())),
        calls=tuple(sorted(calls)),
        loads=tuple(
            sorted(
                (replace(load, sent=each) for load, each in sent.items()),
                key=lambda load: load.order,
            )
        ),
        failed=tuple(sorted(failed)),
        problems=tuple(sorted(problems)),
        expire_on_commit=expire,
    )


def _order(place: Place) -> tuple[object, ...]:
    return (place.path, place.function, place.start, place.end or (0, 0))
