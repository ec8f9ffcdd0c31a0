"""Parameters without annotation, and what they are given: by the model, or by all who call."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from async_db.modernizing.oracle.revealed import classes_of
from async_db.target import Call, Function, Instance, Project, argument

_MOST_CALLERS = 200


class Parameters:
    """The parameters of a project's functions that say nothing of their types.

    Parameters:
        project: the project.
        apart: functions that are called by others than the project, such as tests and fixtures.
    """

    def __init__(self, project: Project, apart: Collection[Function]) -> None:
        self._calls = project.calls
        self._functions = [each for each in project.functions if each not in apart]
        self._callers: dict[Function, dict[Call, None]] = {}
        self._types: dict[tuple[Function, str], str] = {}

    def called(self, function: Function, call: Call) -> None:
        """Note a call that runs a function, which the model cannot tell."""
        self._callers.setdefault(function, {})[call] = None

    def of_model(self) -> Iterator[tuple[Function, ast.arg, Instance]]:
        """Give those whose types the model tells."""
        for function, each in self._untyped():
            known = self._calls.types.of_name(function, each.arg)
            if isinstance(known, Instance):
                yield function, each, known

    def given(self) -> Iterator[tuple[Call, ast.expr]]:
        """Give what is passed for them, with the call that passes it."""
        for function, each in self._untyped():
            yield from self._passed(function, each.arg)

    def learn(self, revealed: Mapping[ast.expr, str]) -> None:
        """Note of which class a parameter is, where all who call agree and there are any.

        Parameters:
            revealed: the types of expressions.
        """
        for function, each in self._untyped():
            passed = [node for _, node in self._passed(function, each.arg)]
            types = {revealed.get(node, "Any") for node in passed if not _is_none(node)}
            if len(types) == 1 and classes_of(*types):
                self._types[function, each.arg] = types.pop()

    def learned(self) -> Iterator[tuple[Function, ast.arg, str]]:
        """Give those that all who call agree on, with the type as mypy writes it."""
        for function, each in self._untyped():
            known = self._types.get((function, each.arg))
            if known:
                yield function, each, known

    def _untyped(self) -> Iterator[tuple[Function, ast.arg]]:
        for function in self._functions:
            for number, each in enumerate(function.parameters):
                own = function.owner is not None and number == 0
                if each.annotation is None and not own:
                    yield function, each

    def _passed(self, function: Function, name: str) -> Iterator[tuple[Call, ast.expr]]:
        calls = dict.fromkeys(call for call, _ in self._calls.callers(function))
        calls |= self._callers.get(function, {})
        if len(calls) > _MOST_CALLERS:
            return
        for call in calls:
            node = argument(call.node, function, name)
            if node is not None:
                yield call, node


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
