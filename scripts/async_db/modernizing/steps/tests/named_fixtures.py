"""Tests that ask for a fixture by a name they are parametrized with: asked before the loop runs."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.target import Call, Function, Module

_RULE = "testing/one-loop-for-engine-and-tests"


def by_indirect_name(step: Step, call: Call) -> bool:
    """Have a test's parameter be the fixture that it names; say whether that could be done.

    `client = request.getfixturevalue(name)` asks while the loop runs. With `indirect=True`, a
    fixture of the parameter's name is given the name instead, and asks before.
    """
    function, module = call.scope, call.scope.module
    given = call.node.args
    if not isinstance(function, Function) or len(given) != 1 or not isinstance(given[0], ast.Name):
        return False
    name = given[0].id
    marks = [each for each in function.node.decorator_list if _parametrizes(each, name)]
    if len(marks) != 1 or not isinstance(marks[0], ast.Call) or _uses(function, name) != 1:
        return False
    if name in module.bindings and not _is_ours(module, name):
        return False
    editing = step.editing(module)
    last = max(editing.places.span(each)[1] for each in marks[0].args)
    editing.insert(last, ", indirect=True")
    editing.replace(call.node, name)
    if name not in module.bindings:
        _fixture(step, module, name)
    step.changed(module, call.node, "fixture", rule=_RULE)
    return True


def _parametrizes(node: ast.expr, name: str) -> bool:
    """Say whether a decorator is `parametrize` of one name alone, which is not indirect yet."""
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") == "parametrize"
        and len(node.args) == 2
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == name
        and not any(each.arg == "indirect" for each in node.keywords)
    )


def _uses(function: Function, name: str) -> int:
    return sum(isinstance(each, ast.Name) and each.id == name for each in ast.walk(function.node))


def _is_ours(module: Module, name: str) -> bool:
    """Say whether a module has a fixture that gives another one by its name."""
    found = module.bindings[name][-1].definition
    return isinstance(found, Function) and any(
        each.name == "getfixturevalue" and module.source(each.node).endswith("(request.param)")
        for each in found.calls
    )


def _fixture(step: Step, module: Module, name: str) -> None:
    """Write the fixture above the first test that is given it."""
    editing = step.editing(module)
    first = next(
        top
        for top in (module.tree.body if module.tree is not None else ())
        for each in ast.walk(top)
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(_parametrizes(mark, name) for mark in each.decorator_list)
    )
    decorators = getattr(first, "decorator_list", ())
    line = min([first.lineno, *(each.lineno for each in decorators)])
    start = editing.places.start_of_line(line)
    editing.insert(
        start,
        f"@pytest.fixture\ndef {name}(request):\n"
        f'    """Give the fixture of that name, set up before the loop runs."""\n'
        f"    return request.getfixturevalue(request.param)\n\n\n",
    )
    step.add_import(module, "pytest", "")
