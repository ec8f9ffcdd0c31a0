"""What tests put in the place of functions: where those are async now, the doubles are awaited too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from async_db.modernizing.step import Step
from async_db.target import (
    Call,
    Class,
    ClassObject,
    Function,
    FunctionObject,
    Instance,
    LibraryObject,
    Module,
    ModuleObject,
    Scope,
    Type,
    scopes_outwards,
)

_RULE = "testing/override-and-restore"
MOCKS = ("unittest.mock.MagicMock", "unittest.mock.Mock")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something stands in for a function that is async.

    Parameters:
        node: the call or the assignment that puts it there.
        scope: that it is in.
        double: what stands in.
        function: what it stands in for.
        in_class: whether it is put on a class, and so is given `self`.
    """

    node: ast.AST
    scope: Scope
    double: ast.expr
    function: Function
    in_class: bool


def doubles(step: Step) -> None:
    """Have doubles of async functions be awaited."""
    places = [place for call in _calls(step) if (place := _place(step, call)) is not None]
    places += _assigned(step)
    at = {place.double: place for place in places}
    made: set[ast.AST] = set()
    for place in places:
        _double(step, place, at, made)


def _calls(step: Step) -> Iterator[Call]:
    for name in ("setattr", "patch", "object"):
        for call in step.service.calls.named(name):
            if call.scope.module.is_test:
                yield call


def _place(step: Step, call: Call) -> _Place | None:
    """Read `monkeypatch.setattr`, `patch` and `patch.object`, which are given what stands in."""
    positional = list(call.node.args)
    named = {each.arg: each.value for each in call.node.keywords}
    double = named.get("new", named.get("value"))
    if call.name == "patch" or (
        call.name == "setattr" and positional and isinstance(positional[0], ast.Constant)
    ):
        target, rest = positional[:1], positional[1:2]
    else:
        target, rest = positional[:2], positional[2:3]
    double = rest[0] if rest else double
    if double is None and isinstance(named.get("new_callable"), ast.Name):
        double = named["new_callable"]
    if double is None:
        return None  # it makes an AsyncMock by itself
    found = _function(step, call, target)
    if found is None or not _became_async(step, found[0]):
        return None
    return _Place(call.node, call.scope, double, *found)


def _became_async(step: Step, function: Function) -> bool:
    """Say whether doubles of a function have to be awaited that did not have to be before."""
    return (
        function.is_async
        and not function.is_generator
        and (function.module.path, function.qualname) not in step.async_before
    )


def _assigned(step: Step) -> Iterator[_Place]:
    """Find `service.method = lambda: ...`, whatever holds the service."""
    names = {each.name for each in step.project.functions if _became_async(step, each)}
    for module in step.project.modules:
        for scope in module.all_functions if module.is_test else ():
            for node in ast.walk(scope.node):
                if not isinstance(node, ast.Assign) or len(node.targets) != 1:
                    continue
                target = node.targets[0]
                if not isinstance(target, ast.Attribute) or target.attr not in names:
                    continue
                of = step.service.types.of(target.value, scope)
                found = _member(step, of, target.attr) or _member(
                    step, _spec_of(step, target.value, scope), target.attr
                )
                if found is not None and _became_async(step, found[0]):
                    yield _Place(node, scope, node.value, *found)


def _spec_of(step: Step, node: ast.expr, scope: Scope) -> Type | None:
    """Give an object of the class that a mock has been told to be like."""
    values = [each.value for each in scope.bindings.get(getattr(node, "id", ""), ()) if each.value]
    made = values[0] if len(values) == 1 else None
    if not isinstance(made, ast.Call):
        return None
    spec = next((each.value for each in made.keywords if each.arg in ("spec", "spec_set")), None)
    of = step.service.types.of(spec, scope) if spec is not None else None
    return Instance(of.of) if isinstance(of, ClassObject) else None


def _function(step: Step, call: Call, target: list[ast.expr]) -> tuple[Function, bool] | None:
    """Give the function that is replaced, and whether it is a class's."""
    last = target[-1] if target else None
    if not isinstance(last, ast.Constant) or not isinstance(last.value, str):
        return None
    if len(target) == 2:
        return _member(step, step.service.types.of(target[0], call.scope), last.value)
    holder, name = _dotted(step, call, last.value)
    return _member(step, holder, name)


def class_of(step: Step, call: Call) -> Class | None:
    """Give the class that `patch("dotted.name")` replaces as a whole."""
    given = call.node.args[0]
    if not isinstance(given, ast.Constant) or not isinstance(given.value, str):
        return None
    holder, name = _dotted(step, call, given.value)
    found = step.service.types.attribute(holder, name) if holder is not None else None
    return found.of if isinstance(found, ClassObject) else None


def held(step: Step, call: Call, node: ast.Constant) -> tuple[Type | None, str]:
    """Give what holds the thing that a call replaces, and the name that it has there.

    Parameters:
        step: the step.
        call: such as `patch("shop.db.get_session")` or `patch.object(db, "get_session")`.
        node: its argument that is a text.
    """
    if call.node.args[0] is node:
        return _dotted(step, call, str(node.value))
    return step.service.types.of(call.node.args[0], call.scope), str(node.value)


def _dotted(step: Step, call: Call, dotted: str) -> tuple[Type | None, str]:
    """Give what holds the last part of `package.module.Class.name`, and that part."""
    for path, rest in _splits(dotted):
        module = step.project.index.find(path, call.scope.module)
        if module is None:
            continue
        holder: Type | None = ModuleObject(module, call.scope.module)
        for name in rest[:-1]:
            holder = step.service.types.attribute(holder, name)
        return holder, rest[-1]
    return None, ""


def _member(step: Step, holder: Type | None, name: str) -> tuple[Function, bool] | None:
    match holder:
        case ModuleObject(module=Module()) | ClassObject() | Instance(of=Class()):
            found = step.service.types.attribute(holder, name)
            if isinstance(found, FunctionObject):
                return found.function, isinstance(holder, ClassObject)
    return None


def _splits(dotted: str) -> Iterator[tuple[str, list[str]]]:
    """Give the modules that a dotted name may begin with, and the rest."""
    parts = dotted.split(".")
    for place in range(len(parts) - 1, 0, -1):
        yield ".".join(parts[:place]), parts[place:]


def _double(step: Step, place: _Place, at: dict[ast.expr, _Place], made: set[ast.AST]) -> None:
    double = place.double
    of = step.service.types.of(double, place.scope)
    if isinstance(of, FunctionObject) and of.function.is_async:
        return
    if isinstance(double, ast.Lambda) and place.in_class:
        _as_function(step, place)
    elif isinstance(of, FunctionObject) and _stands_in_only(step, of.function, at):
        _make_async(step, of.function, made)
    elif isinstance(double, ast.Lambda) or (_is_plain(step, of) and not place.in_class):
        step.editing(place.scope.module).wrap(double, "AsyncMock(side_effect=", ")")
        step.add_import(place.scope.module, "unittest.mock", "AsyncMock")
        step.changed(place.scope.module, place.node, "double", rule=_RULE)
    else:
        _mock(step, place, made)


def _is_plain(step: Step, of: Type | None) -> bool:
    """Say whether something is called as it is: a plain function, or an object with `__call__`."""
    if isinstance(of, FunctionObject):
        return not of.function.is_generator
    if isinstance(of, Instance) and isinstance(of.of, Class):
        method = step.service.types.find_method(of.of, "__call__")
        return method is not None and not method.is_async
    return False


def _stands_in_only(step: Step, function: Function, at: dict[ast.expr, _Place]) -> bool:
    """Say whether a function is used for nothing but to stand in for async ones."""
    if not function.module.is_test or function.is_generator or function.node.decorator_list:
        return False
    holder = function.parent
    if not isinstance(holder, Function):
        return False
    uses = [
        node
        for node in ast.walk(holder.node)
        if isinstance(node, ast.Name)
        and node.id == function.name
        and isinstance(node.ctx, ast.Load)
    ]
    return all(node in at for node in uses)


def _make_async(step: Step, function: Function, made: set[ast.AST]) -> None:
    if function.node in made:
        return
    made.add(function.node)
    editing = step.editing(function.module)
    editing.insert(editing.places.span(function.node)[0], "async ")
    step.changed(function.module, function.node, "double", rule=_RULE)


def _as_function(step: Step, place: _Place) -> None:
    """Write a lambda that is put on a class as an async function: a mock is not given `self`."""
    double, module = place.double, place.scope.module
    if not isinstance(double, ast.Lambda):
        return
    editing = step.editing(module)
    statement = editing.statement(place.node)
    name = f"{place.function.name}_double"
    if re.search(rf"\b{name}\b", module.text) or "\n" in editing.source(double):
        _left(step, place)
        return
    indentation = " " * statement.col_offset
    source = editing.source(double)
    inside = editing.source(double.body)
    parameters = source[len("lambda") : source.index(inside, len("lambda"))].rstrip().rstrip(":(")
    text = (
        f"async def {name}({parameters.rstrip().rstrip(':').strip()}):\n{indentation}    "
        f"return {inside}\n\n{indentation}"
    )
    editing.insert(editing.places.span(statement)[0], text)
    editing.replace(double, name)
    step.changed(module, place.node, "double", rule=_RULE)


def _mock(step: Step, place: _Place, made: set[ast.AST]) -> None:
    """Make a mock one that is awaited, here or where a name is bound to it."""
    double, scope = place.double, place.scope
    module = scope.module
    if isinstance(double, ast.Name) and double.id in ("MagicMock", "Mock"):
        _rename(step, module, double)  # as `new_callable`
        return
    if isinstance(double, ast.Name):
        values = [
            each.value
            for outer in scopes_outwards(scope)
            for each in outer.bindings.get(double.id, ())
        ]
        double = values[0] if len(values) == 1 and values[0] is not None else double
    if isinstance(double, ast.Call) and isinstance(double.func, ast.Name):
        of = step.service.types.of(double.func, scope)
        name = of.name if isinstance(of, LibraryObject) else double.func.id
        if name.rpartition(".")[2] == "AsyncMock":
            return
        if name in (*MOCKS, "MagicMock", "Mock"):
            if double not in made:
                made.add(double)
                _rename(step, module, double.func)
            return
    _left(step, place)


def _rename(step: Step, module: Module, node: ast.Name) -> None:
    step.editing(module).replace(node, "AsyncMock")
    step.add_import(module, "unittest.mock", "AsyncMock")
    step.drop_import(module, node.id)
    step.changed(module, node, "double", rule=_RULE)


def _left(step: Step, place: _Place) -> None:
    reason = f"{place.function.name} is async now: await its double too"
    step.withhold(place.scope.module, place.node, _RULE, reason)
