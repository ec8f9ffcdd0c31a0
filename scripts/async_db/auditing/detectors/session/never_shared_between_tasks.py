"""One session in several tasks at once."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Call, FunctionObject, Instance, enclosing_function

RULE = "session/never-shared-between-tasks"
_ADVICE = (
    "one after the other on this session, or a session of its own from the factory for each task"
)


@detects(RULE)
def gathered(service: Service) -> Iterator[Finding]:
    """Find `gather`, task groups and tasks that are given the same session."""
    for call in service.library_calls("asyncio.gather", "asyncio.wait", "asyncio.as_completed"):
        shared = _shared(service, call, call.node.args)
        if shared:
            name, sure = shared
            yield service.finding(
                RULE,
                "proven" if sure else "suspected",
                call,
                f"several tasks use `{name}` at once: one connection serves one statement at a time",
                _ADVICE,
            )
    for call in service.calls_named("create_task", "ensure_future", "start_soon"):
        yield from _tasks(service, call)


def _tasks(service: Service, call: Call) -> Iterator[Finding]:
    receiver = getattr(call.node.func, "value", None)
    of = service.types.of(receiver, call.scope) if receiver is not None else None
    in_group = isinstance(of, Instance) and of.of == "asyncio.TaskGroup"
    plain = service.library_name(call) in ("asyncio.create_task", "asyncio.ensure_future")
    if not (in_group or plain) or not call.node.args:
        return
    first = call.node.args[0]
    used = _sessions_in(service, call, first)
    if call.name == "start_soon":
        used = [
            ast.unparse(each)
            for each in call.node.args[1:]
            if service.sessions.is_session(service.types.of(each, call.scope))
        ]
    if used:
        repeated = in_group and _is_repeated(service, call, used[0])
        yield service.finding(
            RULE,
            "proven" if repeated else "suspected",
            call,
            f"a task uses `{used[0]}` while the code that started it may use it too",
            _ADVICE,
        )


def _is_repeated(service: Service, call: Call, name: str) -> bool:
    """Say whether several tasks are started with the same session: in a loop, or by several calls."""
    for around in service.within_function(call.node, call.scope.module):
        if isinstance(around, ast.For | ast.AsyncFor):
            made_inside = {
                each.id
                for each in ast.walk(around)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            }
            return name.partition(".")[0] not in made_inside
    others = [each for each in call.scope.calls if each.name == call.name and each is not call]
    return any(
        name in _sessions_in(service, each, argument)
        for each in others
        for argument in each.node.args
    )


def _shared(service: Service, call: Call, arguments: list[ast.expr]) -> tuple[str, bool] | None:
    """Give the session that more than one of the gathered coroutines uses, and whether that is sure.

    It is not where an object was made with it, of which nobody can tell what it does.
    """
    coroutines: list[ast.expr] = []
    for argument in arguments:
        if not isinstance(argument, ast.Starred):
            coroutines.append(argument)
            continue
        found = _in_comprehension(service, call, argument.value)
        if found:
            return found, True
        coroutines += _appended(call, argument.value)
    used = [set(_sessions_in(service, call, each)) for each in coroutines]
    perhaps = [
        names | _made_with(service, call, each)
        for names, each in zip(used, coroutines, strict=True)
    ]
    for sure, found_in in ((True, used), (False, perhaps)):
        counts = Counter(name for names in found_in for name in names)
        repeated = [name for name, count in counts.most_common() if count > 1]
        if repeated:
            return repeated[0], sure
    return None


def _appended(call: Call, node: ast.expr) -> list[ast.expr]:
    """Give what is appended to the list that a call spreads, in the same function."""
    if not isinstance(node, ast.Name):
        return []
    return [
        each.node.args[0]
        for each in call.scope.calls
        if each.name == "append"
        and isinstance(each.node.func, ast.Attribute)
        and ast.unparse(each.node.func.value) == node.id
        and each.node.args
    ]


def _in_comprehension(service: Service, call: Call, node: ast.expr) -> str:
    """Give the session from outside that each coroutine of a comprehension gets."""
    if isinstance(node, ast.Name):
        alias = service.types.alias(node, call.scope)
        node = alias[0] if alias is not None else node
    if not isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        return ""
    own = {
        each.id
        for generator in node.generators
        for each in ast.walk(generator.target)
        if isinstance(each, ast.Name)
    }
    for name in _sessions_in(service, call, node.elt):
        if name.partition(".")[0] not in own:
            return name
    return ""


def _sessions_in(service: Service, call: Call, node: ast.expr) -> list[str]:
    """Give the sessions that a coroutine call gets, or that it is a method of."""
    if not isinstance(node, ast.Call):
        return []
    given = [*node.args, *(each.value for each in node.keywords)]
    if isinstance(node.func, ast.Attribute):
        of = service.types.of(node.func.value, call.scope)
        if service.sessions.is_session(of):
            given.append(node.func.value)
    found = [
        ast.unparse(each)
        for each in given
        if isinstance(each, ast.Name | ast.Attribute)
        and service.sessions.is_session(service.types.of(each, call.scope))
    ]
    for each in given:
        if _is_coroutine(service, call, each):
            found += _sessions_in(service, call, each)
    return found


def _made_with(service: Service, call: Call, node: ast.expr) -> set[str]:
    """Give the sessions that the object was made with whose method a coroutine is."""
    function = enclosing_function(call.scope)
    receiver = (
        node.func.value
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        else None
    )
    if not isinstance(receiver, ast.Name) or function is None:
        return set()
    made = [each.value for each in function.bindings.get(receiver.id, ()) if each.kind == "assign"]
    return {
        ast.unparse(argument)
        for value in made
        if isinstance(value, ast.Call)
        for argument in (*value.args, *(each.value for each in value.keywords))
        if service.sessions.is_session(service.types.of(argument, function))
    }


def _is_coroutine(service: Service, call: Call, node: ast.expr) -> bool:
    """Say whether an argument is a coroutine, that whoever gets it runs later."""
    if not isinstance(node, ast.Call):
        return False
    called = service.types.of(node.func, call.scope)
    return isinstance(called, FunctionObject) and called.function.is_async
