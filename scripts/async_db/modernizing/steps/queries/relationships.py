"""The relationships of mapped classes: where a join leads, what is loaded along by default."""

from __future__ import annotations

import ast
from functools import cached_property

from async_db.auditing import Service
from async_db.modernizing.steps.queries.entities import Entities
from async_db.target import Binding, Class, Scope

_MAKERS = frozenset({"relationship", "relation", "Relationship"})


class Relationships:
    """Tells about relationships.

    Parameters:
        service: whose they are.
        entities: tells what the classes are.
    """

    def __init__(self, service: Service, entities: Entities) -> None:
        self.service = service
        self.entities = entities

    def of(self, owner: Class) -> dict[str, tuple[ast.Call, Binding]]:
        """Give the relationships of a class, its bases' included, by their names."""
        found: dict[str, tuple[ast.Call, Binding]] = {}
        for each in self.service.types.mro(owner):
            if isinstance(each, Class):
                for name, bindings in each.bindings.items():
                    call = made_by(bindings[-1])
                    if call is not None:
                        found.setdefault(name, (call, bindings[-1]))
        return found

    def target(self, node: ast.expr, scope: Scope) -> str:
        """Give the entity that a join leads to, as it can be written in a scope; else nothing."""
        if self.entities.aliased_class(node, scope) is not None:
            return ast.unparse(node)
        if not isinstance(node, ast.Attribute):
            return ""
        owner = self.entities.aliased_class(node.value, scope)
        known = self.of(owner).get(node.attr) if owner is not None else None
        name = _target_name(*known) if known is not None else ""
        if not name:
            return ""
        named = self.service.types.of_name(scope, name)
        target = getattr(named, "of", None)
        if isinstance(target, Class) and self.entities.is_mapped(target):
            return name
        return ""

    def joined_by_default(self, of: Class | None) -> bool:
        """Say whether a statement of a class may load a collection along without being told to.

        Of a class that is not known, it may if any class has such a relationship.
        """
        if of is None or self._backrefs:
            return bool(self._backrefs or self._any)
        return any(_is_joined(call) for call, _ in self.of(of).values())

    @cached_property
    def _backrefs(self) -> bool:
        return any(_is_joined(call.node) for call in self.service.calls.named("backref"))

    @cached_property
    def _any(self) -> bool:
        calls = (call for name in _MAKERS for call in self.service.calls.named(name))
        return any(_is_joined(call.node) for call in calls)


def made_by(binding: Binding) -> ast.Call | None:
    """Give the call that makes a relationship, if a binding is one."""
    value = binding.value
    if not isinstance(value, ast.Call):
        return None
    last = value.func.attr if isinstance(value.func, ast.Attribute) else ""
    return value if (last or getattr(value.func, "id", "")) in _MAKERS else None


def lazy_of(call: ast.Call) -> object:
    """Give what a relationship says of `lazy`."""
    given = next((each.value for each in call.keywords if each.arg == "lazy"), None)
    return given.value if isinstance(given, ast.Constant) else None


def _is_joined(call: ast.Call) -> bool:
    lazy = lazy_of(call)
    return lazy == "joined" or lazy is False


def _target_name(call: ast.Call, binding: Binding) -> str:
    """Give the name of the class that a relationship leads to."""
    node: ast.expr | None = call.args[0] if call.args else None
    if node is None:
        named = (each.value for each in call.keywords if each.arg == "argument")
        node = next(named, None)
    if node is None and binding.annotation is not None:
        names = [each.id for each in ast.walk(binding.annotation) if isinstance(each, ast.Name)]
        strings = [
            each.value
            for each in ast.walk(binding.annotation)
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        plain = {"Mapped", "list", "List", "Optional", "set", "Set", "WriteOnlyMapped"}
        left = [each for each in [*names, *strings] if each not in plain]
        return left[0] if len(left) == 1 and left[0].isidentifier() else ""
    if isinstance(node, ast.Lambda):
        node = node.body
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.rpartition(".")[2]
    return node.id if isinstance(node, ast.Name) else ""
