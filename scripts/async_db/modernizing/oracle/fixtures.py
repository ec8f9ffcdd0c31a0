"""Fixtures of pytest: what they give, and the parameters that are given it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from async_db.target import Function, Module, Project


@dataclass(frozen=True, slots=True)
class Fixture:
    """A fixture.

    Parameters:
        name: that parameters ask for it by.
        function: that makes it.
        given: the expressions that it yields or returns.
    """

    name: str
    function: Function
    given: tuple[ast.expr, ...]


class Fixtures:
    """The fixtures of a project, by who may ask for them.

    Parameters:
        project: the project.
    """

    def __init__(self, project: Project) -> None:
        self._by_name: dict[str, list[Fixture]] = {}
        self._makers: set[Function] = set()
        for module in project.modules:
            if "fixture" not in module.text:
                continue
            for function in module.all_functions:
                name = _fixture_name(function)
                if name:
                    fixture = Fixture(name, function, tuple(_given(function)))
                    self._by_name.setdefault(name, []).append(fixture)
                    self._makers.add(function)
        self._project = project

    @property
    def all(self) -> Iterator[Fixture]:
        for fixtures in self._by_name.values():
            yield from fixtures

    @property
    def users(self) -> tuple[Function, ...]:
        """The functions that pytest gives fixtures to: tests, and fixtures themselves."""
        return tuple(
            function
            for module in self._project.modules
            for function in module.all_functions
            if function in self._makers or _is_test(function)
        )

    def asked_for(self) -> Iterator[tuple[Function, ast.arg, Fixture]]:
        """Give the parameters without annotation that a fixture is given to."""
        for function in self.users:
            for argument in function.parameters:
                fixture = self._found(argument.arg, function)
                if argument.annotation is None and fixture is not None:
                    yield function, argument, fixture

    def _found(self, name: str, function: Function) -> Fixture | None:
        """Give the fixture that is meant: of the class or file, else of the nearest `conftest`."""
        candidates = [
            each
            for each in self._by_name.get(name, ())
            if each.function is not function and _reaches(each.function.module, function.module)
        ]
        return max(candidates, key=lambda each: _nearness(each, function), default=None)


def _nearness(fixture: Fixture, function: Function) -> tuple[bool, bool, int]:
    maker = fixture.function
    same_class = maker.owner is not None and maker.owner is function.owner
    return same_class, maker.module is function.module, maker.module.path.count("/")


def _reaches(giver: Module, asker: Module) -> bool:
    """Say whether the fixtures of a file are known in another: elsewhere they are imported."""
    if giver is asker:
        return True
    folder, _, name = giver.path.rpartition("/")
    if name == "conftest.py":
        return asker.path.startswith(f"{folder}/" if folder else "")
    return name not in ("conftest.py",) and not name.startswith("test_")


def _is_test(function: Function) -> bool:
    return function.module.is_test and function.name.startswith("test")


def _fixture_name(function: Function) -> str:
    """Give the name of the fixture that a function makes; empty, if it makes none."""
    for decorator in function.node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        last = getattr(called, "attr", getattr(called, "id", ""))
        if last != "fixture":
            continue
        for keyword in getattr(decorator, "keywords", ()):
            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
        return function.name
    return ""


def _given(function: Function) -> Iterator[ast.expr]:
    if function.yields:
        for node in function.yields:
            if isinstance(node, ast.Yield) and node.value is not None:
                yield node.value
    else:
        yield from function.returns
