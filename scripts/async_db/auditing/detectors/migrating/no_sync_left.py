"""A sync session or engine used on the event loop, and async ones used as if they were sync."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.sessions import within
from async_db.findings import Finding, Grade
from async_db.target import Call, Read, enclosing_function

RULE = "migrating/no-sync-left"
_ADVICE = (
    "await an AsyncSession here; until this slice has moved, make it a `def`, which FastAPI runs in "
    "a thread, or pass the function on by `session.run_sync`"
)
_LOOKS_LIKE_ONE = frozenset({"db", "session", "db_session", "sess", "_session", "_db"})
_SYNC_ONLY = frozenset({"query", "bulk_save_objects", "bulk_insert_mappings"})


@detects(RULE)
def blocks_the_loop(service: Service) -> Iterator[Finding]:
    """Find the calls in `async def` that wait for the database as plain calls do."""
    sessions = service.sessions
    for call, step in sessions.on_the_loop:
        module = call.scope.module
        if module.is_test or not service.serves(module):
            continue
        what = "waits for the database" if step.below is None else "reaches a sync session"
        idle = enclosing_function(call.scope) in service.lifespans
        sure: Grade = "proven" if step.exact else "suspected"
        yield service.finding(
            RULE,
            "review" if idle else sure,
            call,
            f"{within(call.scope)} is async, and its {_told(call)} {what}: "
            + ("what else starts waits too" if idle else "all other requests wait too"),
            _ADVICE,
            sessions.chain(step, sessions.blocking),
        )
    yield from _never_awaited(service)
    yield from _by_their_looks(service)


def _never_awaited(service: Service) -> Iterator[Finding]:
    """Find calls of async sessions that are written as those of sync ones: nothing awaits them."""
    for use in service.sessions.uses:
        call, module = use.call, use.call.scope.module
        if not use.is_async or call.use == "awaited" or not service.serves(module):
            continue
        around = next(service.ancestors(call.node, module), None)
        if call.use == "discarded":
            outcome = "the coroutine never runs, with a warning alone"
        elif call.use == "iterated" or isinstance(around, ast.Attribute):
            outcome = "a coroutine has none of what a result has"
        else:
            continue  # whoever gets it may await it
        yield service.finding(
            RULE,
            "proven",
            call,
            f"{within(call.scope)} does not await `{use.method}` of an async session: {outcome}",
            f"`await`, in parentheses where something of its result is read: (await ….{use.method}(…))",
        )


def _by_their_looks(service: Service) -> Iterator[Finding]:
    """Find what is called like a sync session where no type tells what it is."""
    for call in service.calls_named(*sorted(_SYNC_ONLY)):
        function = enclosing_function(call.scope)
        if function is None or not function.is_async or call.inside == "lambda":
            continue
        receiver = getattr(call.node.func, "value", None)
        name = getattr(receiver, "attr", None) or getattr(receiver, "id", "")
        if name in _LOOKS_LIKE_ONE and service.calls.called(call) is None:
            yield service.finding(
                RULE,
                "suspected",
                call,
                f"{within(call.scope)} is async, and calls `{call.name}`, which only a sync session "
                "has: all other requests wait too",
                _ADVICE,
            )


def _told(call: Call | Read) -> str:
    if isinstance(call, Read):
        return f"reading of the property `{call.name}`"
    return f"call of `{call.name}`" if call.name else "call"
