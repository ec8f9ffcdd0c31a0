"""What stands in `query(…)`: mapped classes, columns, or what cannot be told."""

from __future__ import annotations

import ast
from typing import Literal

from async_db.auditing import Service, model_kind
from async_db.modernizing.steps.queries.chains import words
from async_db.target import (
    Binding,
    Class,
    ClassObject,
    Function,
    LibraryObject,
    Scope,
    argument,
)

Kind = Literal["entity", "likely", "column", "table", ""]
"""`likely` is an entity by its name alone; `table` gives columns, and is no mapped class."""
_MODEL_NAMES = words(
    "model models model_class model_cls cls klass entity entity_class orm_model orm_class"
)
_TABLES = frozenset({"subquery", "cte", "alias", "lateral", "Table", "union", "union_all"})
_AGGREGATES = words(
    "count sum max min avg array_agg string_agg group_concat bool_or bool_and total every"
)
_AROUND_AGGREGATES = words("coalesce round cast ceil floor abs")


class Entities:
    """Tells what column expressions are.

    Parameters:
        service: that they are read in.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self.types = service.types
        self._mapped: dict[Class, bool] = {}

    def is_mapped(self, of: Class) -> bool:
        """Say whether a class is mapped to a table, itself or by a class that it inherits from."""
        if of not in self._mapped:
            self._mapped[of] = any(
                isinstance(each, Class) and bool(model_kind(self.service, each))
                for each in self.types.mro(of)
            )
        return self._mapped[of]

    def mapped_class(self, node: ast.expr, scope: Scope) -> Class | None:
        """Give the mapped class that an expression names, if it is one of the target."""
        of = self.types.of(node, scope)
        return of.of if isinstance(of, ClassObject) and self.is_mapped(of.of) else None

    def aliased_class(self, node: ast.expr, scope: Scope) -> Class | None:
        """Give the mapped class that an expression or an alias of it is."""
        direct = self.mapped_class(node, scope)
        value = self._value(node, scope)
        if direct is None and isinstance(value, ast.Call) and _last(value.func) == "aliased":
            return self.mapped_class(value.args[0], scope) if value.args else None
        return direct

    def kind(self, node: ast.expr, scope: Scope) -> Kind:
        """Say what an expression in `query(…)` is; empty where it cannot be told."""
        if isinstance(node, ast.Call):
            return self._of_call(node)
        if isinstance(node, ast.Name | ast.Attribute):
            return self._of_name(node, scope)
        if isinstance(node, ast.BinOp | ast.Compare | ast.UnaryOp | ast.Subscript):
            return "column"
        if isinstance(node, ast.IfExp):
            one, other = self.kind(node.body, scope), self.kind(node.orelse, scope)
            return one if one == other else ""
        return ""

    def _of_call(self, node: ast.Call) -> Kind:
        last = _last(node.func)
        if last in ("aliased", "type", "with_polymorphic"):
            return "entity"
        return "table" if last in _TABLES else "column"

    def _of_name(self, node: ast.Name | ast.Attribute, scope: Scope) -> Kind:
        if self.mapped_class(node, scope) is not None:
            return "entity"
        if isinstance(node, ast.Attribute):
            if node.attr == "__class__":
                return "entity"
            if _is_of_columns(node) or self._is_entity(node.value, scope):
                return "column"
        if self._says_class(node, scope):
            return "entity"
        value = self._value(node, scope)
        if isinstance(value, ast.Call):
            return self._of_call(value)
        if value is not None and isinstance(value, ast.BinOp | ast.Compare):
            return "column"
        of, last = self.types.of(node, scope), _last(node)
        if isinstance(of, ClassObject) or (of is None and last[:1].isupper()):
            return "entity"
        if isinstance(of, LibraryObject) and last[:1].isupper():
            return "entity"
        if isinstance(node, ast.Name) and self.is_given_mapped(node.id, scope):
            return "entity"
        return "likely" if last.strip("_").lower() in _MODEL_NAMES else ""

    def is_given_mapped(self, name: str, scope: Scope) -> bool:
        """Say whether a name is a parameter for which all callers pass mapped classes."""
        located = self.types.locate(scope, name)
        if located is None or located[0].kind != "parameter":
            return False
        function = located[1].function
        if function is None or located[0].value is not None:
            return False
        passed = [
            (argument(call.node, function, name), call.scope)
            for call, _ in self.service.calls.callers(function)
        ]
        return bool(passed) and all(
            node is not None and self.mapped_class(node, place) is not None
            for node, place in passed
        )

    def are_several(self, columns: list[ast.expr], scope: Scope) -> bool:
        """Say whether there is surely more than one column, though some stand in a list."""
        known = 0
        for each in columns:
            value = self._value(each.value, scope) if isinstance(each, ast.Starred) else None
            if isinstance(value, ast.List | ast.Tuple):
                known += len(value.elts)
            elif not isinstance(each, ast.Starred):
                known += 1
        return known > 1

    def _is_entity(self, node: ast.expr, scope: Scope) -> bool:
        return isinstance(node, ast.Name | ast.Attribute) and self.kind(node, scope) in (
            "entity",
            "likely",
            "table",
        )

    def _value(self, node: ast.expr, scope: Scope) -> ast.expr | None:
        if not isinstance(node, ast.Name):
            return None
        located = self.types.locate(scope, node.id)
        if located is None or len(located[1].bindings.get(node.id, ())) > 1:
            return None
        return located[0].value if located[0].kind in ("assign", "annotated") else None

    def _says_class(self, node: ast.expr, scope: Scope) -> bool:
        """Say whether an annotation says that a name or attribute is a class: `type[…]`."""
        if isinstance(node, ast.Name):
            located = self.types.locate(scope, node.id)
            return located is not None and _is_type(located[0].annotation)
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            return False
        function = scope.function
        if function is None or function.owner is None or node.value.id not in ("self", "cls"):
            return False
        for each in self.types.mro(function.owner):
            if isinstance(each, Class):
                for binding, place in self._places(each, node.attr):
                    if _is_type(binding.annotation) or (
                        isinstance(binding.value, ast.Name)
                        and place is not None
                        and self._says_class(binding.value, place)
                    ):
                        return True
        return False

    def _places(self, of: Class, name: str) -> list[tuple[Binding, Function | None]]:
        own: list[tuple[Binding, Function | None]] = [
            (binding, None) for binding in of.bindings.get(name, ())
        ]
        return [*own, *of.attributes.get(name, ())]

    def is_aggregate(self, node: ast.expr) -> bool:
        """Say whether a column is one value of all rows, so that there is always one row of it."""
        if not isinstance(node, ast.Call):
            return isinstance(node, ast.BinOp) and (
                self.is_aggregate(node.left) or self.is_aggregate(node.right)
            )
        last = _last(node.func)
        if isinstance(node.func, ast.Attribute) and last in ("label", "cast"):
            return self.is_aggregate(node.func.value) or any(map(self.is_aggregate, node.args))
        if last in _AGGREGATES:
            return isinstance(node.func, ast.Attribute) and _last(node.func.value) == "func"
        if last in _AROUND_AGGREGATES:
            return any(self.is_aggregate(each) for each in node.args)
        return False


def _is_of_columns(node: ast.Attribute) -> bool:
    value = node.value
    return isinstance(value, ast.Attribute) and value.attr in ("c", "columns")


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_type(annotation: ast.expr | None) -> bool:
    node: ast.expr | None = annotation
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError):
            return False
    if isinstance(node, ast.Subscript):
        node = node.value
    return node is not None and _last(node) in ("type", "Type")
