"""A file's text made into a module: one pass over its syntax tree, which costs most of the time."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, Literal

from async_db.target.files import decoded
from async_db.target.parsing import NotUnderstood, parsed, why_not
from async_db.target.structure import (
    Binding,
    Call,
    Class,
    Function,
    Module,
    Scope,
    enclosing_function,
)

_LEAVES = frozenset({ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue})
"""What says nothing by itself."""
_MARKS = frozenset({"ctx", "op", "ops", "type_comment"})
"""Fields that only say how the others are used."""
Use = Literal["", "awaited", "discarded", "entered", "iterated"]


def read_module(path: str, names: tuple[str, ...], data: bytes) -> Module:
    """Read a file.

    Parameters:
        path: relative to the project, with slashes.
        names: the names that it can be imported by.
        data: its bytes.

    Raises:
        NotUnderstood: it is no text, or no Python that this one knows.
    """
    try:
        text = decoded(data)
        tree = parsed(text)
        module = Module(names[0], 1, path=path, names=names, text=text, tree=tree)
        _Reader(module).statements(tree.body)
    except SyntaxError as error:
        raise NotUnderstood(why_not(text, error)) from error
    except ValueError as error:
        raise NotUnderstood(str(error)) from error
    except (RecursionError, MemoryError) as error:
        raise NotUnderstood("nested too deeply") from error
    return module


class _Reader:
    """Goes once over a module's tree, and notes what is bound, defined and called in each scope."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.scope: Scope = module
        self.inside: Literal["", "lambda", "comprehension"] = ""
        self.typing_only = False

    def statements(self, body: Sequence[ast.AST]) -> None:
        for node in body:
            handler = _handler_of(node.__class__)
            if handler is not None:
                handler(self, node)

    def visit(self, node: ast.AST) -> None:
        handler = _handler_of(node.__class__)
        if handler is not None:
            handler(self, node)

    def _attribute_of(self, node: ast.Attribute) -> None:
        scope = self.scope
        if (
            scope.__class__ is Function
            and node.ctx.__class__ is ast.Load
            and self.inside != "lambda"
        ):
            self.module.attributes_read.append((node, scope))
        value = node.value
        handler = _handler_of(value.__class__)
        if handler is not None:
            handler(self, value)

    def used(self, node: ast.expr, use: Use) -> None:
        """Visit an expression of which it is known what is done with it."""
        if node.__class__ is ast.Call:
            self._call(node, use)
        else:
            self.visit(node)

    def _call(self, node: ast.Call, use: Use = "") -> None:
        func: Any = node.func
        kind = func.__class__
        name = func.id if kind is ast.Name else func.attr if kind is ast.Attribute else ""
        call = Call(node, self.scope, use, self.inside, name)
        self.scope.calls.append(call)
        self.module.all_calls.append(call)
        if kind is not ast.Name:
            self.visit(func)
        for argument in node.args:
            handler = _handler_of(argument.__class__)
            if handler is not None:
                handler(self, argument)
        for keyword in node.keywords:
            value = keyword.value
            handler = _handler_of(value.__class__)
            if handler is not None:
                handler(self, value)

    # What binds names

    def bind(self, name: str, binding: Binding) -> None:
        scope = self.scope
        if name in scope.globals:
            scope = self.module
        binding.typing_only = self.typing_only
        known = scope.bindings.get(name)
        if known is None:
            scope.bindings[name] = [binding]
        else:
            known.append(binding)

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            target = alias.name if alias.asname else name
            self._import_of(name, Binding("import", node.lineno, target=target, name=alias.name))

    def _from(self, node: ast.ImportFrom) -> None:
        target = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.module.stars.append(target)
            else:
                name = alias.asname or alias.name
                self._import_of(name, Binding("from", node.lineno, target=target, name=alias.name))

    def _import_of(self, name: str, binding: Binding) -> None:
        self.bind(name, binding)
        if self.scope.__class__ is not Class:
            self.module.imports.append(binding)

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.targets(target, "assign", node.value)
        self.visit(node.value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        binding = Binding("annotated", node.lineno, node.value, node.annotation)
        if isinstance(node.target, ast.Name):
            self.bind(node.target.id, binding)
        else:
            self._attribute(node.target, binding)
        if node.value is not None:
            self.visit(node.value)

    def _named(self, node: ast.NamedExpr) -> None:
        self.bind(node.target.id, Binding("assign", node.lineno, node.value))
        self.visit(node.value)

    def _augmented(self, node: ast.AugAssign) -> None:
        self.targets(node.target, "unknown", None)
        self.visit(node.value)

    def _type_alias(self, node: ast.AST) -> None:
        name, value = getattr(node, "name", None), getattr(node, "value", None)
        if isinstance(name, ast.Name) and isinstance(value, ast.expr):
            self.bind(name.id, Binding("assign", name.lineno, value))

    def targets(
        self,
        node: ast.AST,
        kind: Literal["assign", "with", "for", "unknown"],
        value: ast.expr | None,
        is_async: bool = False,
        index: int | None = None,
    ) -> None:
        """Bind what stands left of an assignment, after `as`, or between `for` and `in`."""
        match node:
            case ast.Name():
                binding = Binding(kind, node.lineno, value, is_async=is_async, index=index)
                self.bind(node.id, binding)
            case ast.Tuple() | ast.List():
                for number, each in enumerate(node.elts):
                    if index is None and not isinstance(each, ast.Starred):
                        self.targets(each, kind, value, is_async, number)
                    else:
                        self.targets(each, "unknown", None)
            case ast.Starred():
                self.targets(node.value, "unknown", None)
            case ast.Attribute():
                if index is None:
                    binding = Binding(kind, node.lineno, value, is_async=is_async)
                    self._attribute(node, binding)
                    holder = node.value.attr if isinstance(node.value, ast.Attribute) else ""
                    if holder == "state" and value is not None and kind == "assign":
                        known = self.module.states.setdefault(node.attr, [])
                        known.append((value, self.scope))
                self.visit(node.value)
            case ast.Subscript():
                self.visit(node.value)
                self.visit(node.slice)

    def _attribute(self, node: ast.expr, binding: Binding) -> None:
        """Note what a method sets on the object that it was called on."""
        function = enclosing_function(self.scope)
        while function is not None and function.owner is None:
            function = enclosing_function(function.parent)
        if function is None or function.owner is None or not isinstance(node, ast.Attribute):
            return
        first = function.parameters[:1]
        if isinstance(node.value, ast.Name) and first and node.value.id == first[0].arg:
            known = function.owner.attributes.setdefault(node.attr, [])
            known.append((binding, enclosing_function(self.scope) or function))

    # What opens a scope

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        function = Function(node.name, node.lineno, self.scope, node=node)
        self.bind(node.name, Binding("function", node.lineno, definition=function))
        self.scope.functions.append(function)
        self.module.all_functions.append(function)
        for decorator in node.decorator_list:
            self.visit(decorator)
        given = node.args
        for default in [*given.defaults, *given.kw_defaults]:
            if default is not None:
                self.visit(default)
        outer, outer_inside = self.scope, self.inside
        self.scope, self.inside = function, ""
        positional = [*given.posonlyargs, *given.args]
        without = len(positional) - len(given.defaults)
        for number, parameter in enumerate(positional):
            default = given.defaults[number - without] if number >= without else None
            self._parameter(parameter, default)
        for parameter, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
            self._parameter(parameter, default)
        for rest in (given.vararg, given.kwarg):
            if rest is not None:
                self.bind(rest.arg, Binding("unknown", rest.lineno))
        self.statements(node.body)
        self.scope, self.inside = outer, outer_inside

    def _parameter(self, node: ast.arg, default: ast.expr | None) -> None:
        self.bind(node.arg, Binding("parameter", node.lineno, default, node.annotation))

    def _class(self, node: ast.ClassDef) -> None:
        made = Class(node.name, node.lineno, self.scope, node=node)
        self.bind(node.name, Binding("class", node.lineno, definition=made))
        self.scope.classes.append(made)
        self.module.all_classes.append(made)
        for each in [*node.decorator_list, *node.bases]:
            self.visit(each)
        for keyword in node.keywords:
            self.visit(keyword.value)
        outer, self.scope = self.scope, made
        self.statements(node.body)
        self.scope = outer

    def _lambda(self, node: ast.Lambda) -> None:
        outer, self.inside = self.inside, "lambda"
        self.visit(node.body)
        self.inside = outer

    def _comprehension(self, node: ast.AST) -> None:
        outer, self.inside = self.inside, self.inside or "comprehension"
        first: ast.comprehension = node.generators[0]  # type: ignore[attr-defined]
        for generator in node.generators:  # type: ignore[attr-defined]
            # Its names are its own, but who reads them elsewhere reads nothing of ours.
            self.targets(generator.target, "for", generator.iter, bool(generator.is_async))
            if generator is first:
                # The first iterable is evaluated outside.
                self.inside = outer
                self.used(generator.iter, "iterated")
                self.inside = outer or "comprehension"
            else:
                self.used(generator.iter, "iterated")
            for condition in generator.ifs:
                self.visit(condition)
        for name in ("elt", "key", "value"):
            if child := getattr(node, name, None):
                self.visit(child)
        self.inside = outer

    # What is done with the result of a call, or tells something of the function

    def _expression(self, node: ast.Expr) -> None:
        value = node.value
        if value.__class__ is not ast.Constant:
            self.used(value, "discarded")

    def _await(self, node: ast.Await) -> None:
        if isinstance(self.scope, Function):
            self.scope.awaits = True
        self.used(node.value, "awaited")

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> None:
        if isinstance(self.scope, Function) and self.inside != "lambda":
            self.scope.yields.append(node)
        if node.value is not None:
            self.visit(node.value)

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            if isinstance(self.scope, Function):
                self.scope.returns.append(node.value)
            self.visit(node.value)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        is_async = isinstance(node, ast.AsyncWith)
        for item in node.items:
            self.used(item.context_expr, "entered")
            if item.optional_vars is not None:
                self.targets(item.optional_vars, "with", item.context_expr, is_async)
        self.statements(node.body)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        if self.scope.function is not None:
            self.scope.function.loops = True
        self.targets(node.target, "for", node.iter, isinstance(node, ast.AsyncFor))
        self.used(node.iter, "iterated")
        self.statements(node.body)
        self.statements(node.orelse)

    def _if(self, node: ast.If) -> None:
        outer = self.typing_only
        self.visit(node.test)
        self.typing_only = outer or _is_type_checking(node.test)
        self.statements(node.body)
        self.typing_only = outer
        self.statements(node.orelse)

    def _handler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bind(node.name, Binding("unknown", node.lineno))
        self.statements(node.body)

    def _global(self, node: ast.Global) -> None:
        self.scope.globals.update(node.names)

    def _delete(self, node: ast.Delete) -> None:
        """A name that is deleted keeps what it was bound to before."""

    def _capture(self, node: ast.AST) -> None:
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if name:
            self.bind(name, Binding("unknown", getattr(node, "lineno", 1)))
        for child in ast.iter_child_nodes(node):
            self.visit(child)


def _is_type_checking(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name == "TYPE_CHECKING"


def _through(kind: type[ast.AST]) -> Callable[[_Reader, Any], None]:
    """Make what goes through all that a class of nodes has in its fields."""
    fields = tuple(name for name in kind._fields if name not in _MARKS)

    def handle(reader: _Reader, node: ast.AST) -> None:
        for name in fields:
            child = getattr(node, name, None)
            for each in child if child.__class__ is list else (child,):
                handler = _handler_of(each.__class__)
                if handler is not None:
                    handler(reader, each)

    return handle


_HANDLERS: dict[type[Any], Callable[[_Reader, Any], None]] = {
    **{
        kind: _through(kind)
        for kind in vars(ast).values()
        if isinstance(kind, type) and issubclass(kind, ast.AST) and kind not in _LEAVES
    },
    ast.Call: _Reader._call,
    ast.Attribute: _Reader._attribute_of,
    ast.Import: _Reader._import,
    ast.ImportFrom: _Reader._from,
    ast.Assign: _Reader._assign,
    ast.AnnAssign: _Reader._annotated,
    ast.AugAssign: _Reader._augmented,
    ast.NamedExpr: _Reader._named,
    ast.FunctionDef: _Reader._function,
    ast.AsyncFunctionDef: _Reader._function,
    ast.ClassDef: _Reader._class,
    ast.Lambda: _Reader._lambda,
    ast.ListComp: _Reader._comprehension,
    ast.SetComp: _Reader._comprehension,
    ast.GeneratorExp: _Reader._comprehension,
    ast.DictComp: _Reader._comprehension,
    ast.Expr: _Reader._expression,
    ast.Await: _Reader._await,
    ast.Yield: _Reader._yield,
    ast.YieldFrom: _Reader._yield,
    ast.Return: _Reader._return,
    ast.With: _Reader._with,
    ast.AsyncWith: _Reader._with,
    ast.For: _Reader._for,
    ast.AsyncFor: _Reader._for,
    ast.If: _Reader._if,
    ast.ExceptHandler: _Reader._handler,
    ast.Global: _Reader._global,
    ast.Delete: _Reader._delete,
    ast.MatchAs: _Reader._capture,
    ast.MatchStar: _Reader._capture,
    ast.MatchMapping: _Reader._capture,
}
if hasattr(ast, "TypeAlias"):  # Python 3.12
    _HANDLERS[ast.TypeAlias] = _Reader._type_alias
_handler_of = _HANDLERS.get
"""What is done with a class of nodes; nothing with half of all, and to call nothing saves time."""
