"""A repository that commits, so that what belongs together can no longer be undone together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Call, Class, Function, enclosing_function

RULE = "repository/never-commits"
_REPOSITORY = re.compile(r"repo(?:sitory)?|dao|crud|store|gateway", re.IGNORECASE)
_UNIT = re.compile(r"unit|uow|manager|database|transaction", re.IGNORECASE)
_OWN = frozenset({"__enter__", "__exit__", "__aenter__", "__aexit__"})


@detects(RULE)
def commits(service: Service) -> Iterator[Finding]:
    """Find commits in methods of classes that are given a session, and are no unit of work."""
    for use in service.sessions.uses:
        function = enclosing_function(use.call.scope)
        if use.method != "commit" or function is None or function.owner is None:
            continue
        owner = function.owner
        if not service.serves(owner.module) or _is_unit(service, owner, function):
            continue
        if _makes_it(service, function) or _opens_it(use.call, function):
            continue
        named = _REPOSITORY.search(owner.name) is not None
        yield service.finding(
            RULE,
            "proven" if named else "review",
            use.call,
            f"{function.qualname} commits a session that it was given: who calls it and then fails can no "
            "longer undo this",
            "`flush()`, and leave the commit to the session dependency or the unit of work",
        )


def _is_unit(service: Service, owner: Class, function: Function) -> bool:
    """Say whether it is a class's very task to commit."""
    if function.name in ("commit", *_OWN) or _UNIT.search(owner.name):
        return True
    return any(
        name in each.bindings
        for each in service.types.mro(owner)
        if isinstance(each, Class)
        for name in _OWN
    )


def _makes_it(service: Service, function: Function) -> bool:
    """Say whether the method makes a session itself, and so owns its unit of work."""
    return any(service.sessions.factory_of(call) for call in function.calls)


def _opens_it(commit: Call, function: Function) -> bool:
    """Say whether what is committed comes out of a `with` of the method's own, whatever makes it."""
    receiver = commit.node.func.value if isinstance(commit.node.func, ast.Attribute) else None
    if not isinstance(receiver, ast.Name):
        return False
    return any(each.kind == "with" for each in function.bindings.get(receiver.id, ()))
