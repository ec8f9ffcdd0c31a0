"""What modules define at their top level, and which of it names which: the unit that a slice moves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from async_db.target import (
    Binding,
    Class,
    LibraryObject,
    Module,
    ModuleObject,
    Project,
    Scope,
    libraries,
)


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, a class or a variable of a module.

    Parameters:
        module: the module.
        name: its name.
        node: the statement.
    """

    module: Module
    name: str
    node: ast.stmt


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names a definition.

    Parameters:
        module: the module that it stands in.
        by: the definition that it stands in; None in other statements of the module.
        node: the name, or the attribute of a module.
        to: what is named.
        source: the module that the name is imported from, as it is written; empty if it is not.
    """

    module: Module
    by: Definition | None
    node: ast.Name | ast.Attribute
    to: Definition
    source: str


class Definitions:
    """All definitions of a project, and what names them.

    Parameters:
        project: the model.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.types = project.types
        self.of: dict[tuple[Module, str], Definition] = {}
        for module in project.modules:
            for each in defined(module):
                self.of.setdefault((module, each.name), each)
        self.references = tuple(
            reference for module in project.modules for reference in self._references(module)
        )
        self.library_names: dict[Definition, set[str]] = {}
        for module in project.modules:
            self._note_library_names(module)

    def _references(self, module: Module) -> Iterator[Reference]:
        inner = _scopes(module)
        for statement in module.tree.body if module.tree is not None else ():
            if isinstance(statement, ast.Import | ast.ImportFrom):
                continue
            by = self.of.get((module, _name_of(statement)))
            by = by if by is not None and by.node is statement else None
            for node, scope in _names(statement, module, inner):
                found = self._target(node, scope)
                if found is not None and found[0] is not by:
                    yield Reference(module, by, node, *found)

    def _target(self, node: ast.expr, scope: Scope) -> tuple[Definition, str] | None:
        if isinstance(node, ast.Name):
            located = self.types.locate(scope, node.id)
            if located is None:
                return None
            binding, where = located
            if not isinstance(where, Module):
                return None
            imported = binding.kind == "from"
            name = binding.name if imported else _name_of_binding(where, binding, node.id)
            definition = self.of.get((where, name))
            return (definition, _source(scope.module, node.id)) if definition is not None else None
        if isinstance(node, ast.Attribute):
            holder = self.types.of(node.value, scope)
            if isinstance(holder, ModuleObject) and isinstance(holder.module, Module):
                definition = self.of.get((holder.module, node.attr))
                return (definition, "") if definition is not None else None
        return None

    def _note_library_names(self, module: Module) -> None:
        inner = _scopes(module)
        for statement in module.tree.body if module.tree is not None else ():
            by = self.of.get((module, _name_of(statement)))
            if by is None or by.node is not statement:
                continue
            for node, scope in _names(statement, module, inner):
                of = self.types.of(node, scope)
                if isinstance(of, LibraryObject) and of.bound_to is None:
                    self.library_names.setdefault(by, set()).add(of.name)

    def is_mapped(self, definition: Definition) -> bool:
        """Say whether a definition is a mapped class, of which there can be only one."""
        made = definition.module.bindings.get(definition.name, [])
        of = made[-1].definition if made else None
        if not isinstance(of, Class):
            return False
        return "__tablename__" in of.bindings or "sqlalchemy.orm.DeclarativeBase" in [
            base
            for each in self.types.mro(of)
            if isinstance(each, str)
            for base in libraries.library_bases(each)
        ]


def defined(module: Module) -> Iterator[Definition]:
    """Give what a module defines at its top level."""
    for statement in module.tree.body if module.tree is not None else ():
        name = _name_of(statement)
        if name:
            yield Definition(module, name, statement)


def _name_of(statement: ast.stmt) -> str:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return ""


def _name_of_binding(where: Module, binding: Binding, name: str) -> str:
    """Give the name that a binding has where it stands, which an import may have changed."""
    if binding in where.bindings.get(name, ()):
        return name
    return next((each for each, found in where.bindings.items() if binding in found), name)


def _source(module: Module, name: str) -> str:
    for binding in module.bindings.get(name, ()):
        if binding.kind == "from":
            return binding.target
    return ""


def _scopes(module: Module) -> dict[ast.AST, Scope]:
    """Give the functions and classes of a module by their nodes."""
    functions: dict[ast.AST, Scope] = {each.node: each for each in module.all_functions}
    return functions | {each.node: each for each in module.all_classes}


def _names(
    statement: ast.stmt, module: Module, inner: dict[ast.AST, Scope]
) -> Iterator[tuple[ast.Name | ast.Attribute, Scope]]:
    """Give the names that a statement reads, each with the scope that it stands in."""
    waiting: list[tuple[ast.AST, Scope]] = [(statement, module)]
    while waiting:
        node, scope = waiting.pop()
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)) or isinstance(
            node, ast.Attribute
        ):
            yield node, scope
        own = inner.get(node, scope)
        for child in ast.iter_child_nodes(node):
            waiting.append((child, own))
