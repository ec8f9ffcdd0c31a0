"""SQL as text: what is put into it, and how."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from async_db.auditing.service import Service
from async_db.target import Call, Scope, enclosing_function

_QUOTED = re.compile(r"(?:'%?|=\s*|\blike\s+|\bvalues\s*\(\s*|\bin\s*\(\s*)$", re.IGNORECASE)
_LIKE_A_TABLE = re.compile(r"\bcreate\s[^;]*\(\s*like\s+$", re.IGNORECASE)
_EXECUTING = ("execute", "exec", "exec_driver_sql", "scalar", "scalars", "stream")
_SQL = re.compile(
    r"^\s*(?:select|insert|update|delete|with|set|create|drop|alter|truncate|call)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Formatted:
    """A value that is put into SQL as text.

    Parameters:
        call: `text(...)`, or the call that executes it.
        before: the literal text before the value.
        value: the value.
        after: the literal text behind it, as far as it is seen.
    """

    call: Call
    before: str
    value: ast.expr
    after: str = ""

    @property
    def is_value(self) -> bool:
        """Whether it stands where SQL has a value, by what stands before it, and behind it."""
        if self.after[:1] == "." or _LIKE_A_TABLE.search(self.before):
            return False  # what has columns is a table
        return (
            _QUOTED.search(self.before.rstrip(" ") if self.before.endswith("'") else self.before)
            is not None
        )


def sql_arguments(service: Service) -> Iterator[tuple[Call, ast.expr, str]]:
    """Give what is passed as SQL: the call, the text, and the canonical name of what is called."""
    for call in service.calls_named("text", *_EXECUTING):
        given = call.node.args[0] if call.node.args else None
        name = service.library_name(call)
        if given is None or not name:
            continue
        use = service.sessions.use_of(call)
        if name == "sqlalchemy.text" or use is not None:
            yield call, given, name


def formatted_in(service: Service, call: Call, node: ast.expr) -> Iterator[Formatted]:
    """Give the values that a text is made with; constants of the module's own are none."""
    match node:
        case ast.JoinedStr():
            before = ""
            for part, behind in itertools.zip_longest(node.values, node.values[1:]):
                if isinstance(part, ast.FormattedValue):
                    if not is_fixed(service, part.value, call.scope):
                        after = str(behind.value) if isinstance(behind, ast.Constant) else ""
                        yield Formatted(call, before, part.value, after)
                    before += "?"
                elif isinstance(part, ast.Constant):
                    before += str(part.value)
        case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str(text)), right=right):
            values = right.elts if isinstance(right, ast.Tuple) else [right]
            for value, before in zip(values, text.split("%s"), strict=False):
                if not is_fixed(service, value, call.scope):
                    yield Formatted(call, before, value)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            if isinstance(left, ast.Constant | ast.JoinedStr | ast.BinOp) and not isinstance(
                right, ast.Constant | ast.JoinedStr
            ):
                last = [each.value for each in ast.walk(left) if isinstance(each, ast.Constant)]
                if not is_fixed(service, right, call.scope):
                    yield Formatted(call, str(last[-1]) if last else "", right)
            yield from formatted_in(service, call, left)
            yield from formatted_in(service, call, right)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            parts = re.split(r"\{[^}]*\}", text)
            given = [*node.args, *(each.value for each in node.keywords)]
            for value, before in zip(given, parts, strict=False):
                if not is_fixed(service, value, call.scope):
                    yield Formatted(call, before, value)
        case ast.Name():
            alias = _local(call.scope, node.id)
            if alias is not None:
                yield from formatted_in(service, call, alias)


def _local(scope: Scope, name: str) -> ast.expr | None:
    """Give what a name of a function was set to, if it was once."""
    bindings = scope.bindings.get(name, ())
    if len(bindings) == 1 and bindings[0].kind == "assign":
        value = bindings[0].value
        return value if isinstance(value, ast.JoinedStr | ast.BinOp | ast.Call) else None
    return None


def is_fixed(service: Service, node: ast.expr, scope: Scope) -> bool:
    """Say whether an expression is the same whatever a client sends, as far as it can be seen."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name) if name.isupper():
            return True
        case ast.Attribute(attr=attr) if attr.isupper() or attr in ("__tablename__", "__table__"):
            return True
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr):
            return _is_class_constant(scope, attr)
        case ast.Attribute(attr="name" | "key" | "value" | "schema"):
            return True  # of a table, a column or an enumeration
        case ast.Call(func=ast.Attribute(attr="join"), args=[ast.ListComp() | ast.GeneratorExp()]):
            return True  # placeholders, mostly
        case ast.Call(func=ast.Name(id="int" | "float" | "len")):
            return True
        case ast.Name():
            located = service.types.locate(scope, node.id)
            if located is not None and isinstance(located[0].value, ast.Constant):
                return located[0].kind == "assign"
            return located is not None and located[0].kind == "for"
    return False


def _is_class_constant(scope: Scope, attribute: str) -> bool:
    function = enclosing_function(scope)
    owner = function.owner if function is not None else None
    bindings = owner.bindings.get(attribute, ()) if owner is not None else ()
    return bool(bindings) and all(isinstance(each.value, ast.Constant) for each in bindings)


def is_given(found: Formatted) -> bool:
    """Say whether a value is what a function was given, or a part of it."""
    node = found.value
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    function = enclosing_function(found.call.scope)
    if not isinstance(node, ast.Name) or function is None:
        return False
    bindings = function.bindings.get(node.id, ())
    return node.id not in ("self", "cls") and any(each.kind == "parameter" for each in bindings)


def is_text(name: str) -> bool:
    return name == "sqlalchemy.text"


def literal_sql(node: ast.expr) -> str:
    """Give the literal parts of a text that looks like SQL; empty where it does not."""
    parts = [
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    joined = " ".join(parts)
    return joined if _SQL.match(joined) else ""
