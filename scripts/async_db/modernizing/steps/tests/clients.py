"""`TestClient` becomes httpx's async client; the lifespan runs exactly where it ran before."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import TEST_CLIENT, keeps_client
from async_db.modernizing.steps.tests.subclasses import made_client, making, super_calls
from async_db.target import (
    Call,
    Class,
    ClassObject,
    Function,
    LibraryObject,
    Module,
    Project,
    enclosing_function,
)

_RULE = "testing/asgi-transport"
_TRANSPORT = {
    "raise_server_exceptions": "raise_app_exceptions",
    "root_path": "root_path",
    "client": "client",
}
"""Arguments that are the transport's now, and how they are called there."""
_POSITIONAL = ("app", "base_url", "raise_server_exceptions", "root_path")
_HOST = ('"testclient"', "'testclient'")
_MANAGERS = ("manager", "lifespan_manager", "running_app")
_WIDTH = 88
"""The columns that the usual formatters leave to a line."""
_GONE = frozenset({"backend", "backend_options"})
_RENAMED = {"allow_redirects": "follow_redirects"}
_NO_COUNTERPART = (
    "httpx has no such call: make a TestClient in this test, which stays `def`, and give it an "
    "engine of its own: it runs the app in another loop"
)
_SYNC_ONLY = frozenset({"websocket_connect", "portal", "wait_startup", "wait_shutdown"})


def clients(step: Step, named: Mapping[ast.expr, str]) -> None:
    """Replace the clients of all tests.

    Parameters:
        step: the step.
        named: what applications are called that were another client's.
    """
    for module in step.project.modules:
        if not module.is_test and "TestClient" not in module.text:
            continue
        for call in module.all_calls:
            function = enclosing_function(call.scope)
            if function is not None and keeps_client(function, step.service.types):
                continue
            if made := _made(step, call):
                _client(step, call, made, named)
            elif call.name in _SYNC_ONLY and _is_of_client(step, call):
                step.withhold(module, call.node, _RULE, _NO_COUNTERPART)
            elif any(each.arg in _RENAMED for each in call.node.keywords) and _is_of_client(
                step, call
            ):
                _rename_arguments(step, call)
            elif call.name == "close" and _is_of_client(step, call):
                editing = step.editing(module)
                end = editing.places.span(call.node.func)[1]
                editing.replace_range(end - len("close"), end, "aclose")
                step.changed(module, call.node, "aclose", rule=_RULE)
        _annotations(step, module)
        for each in module.all_classes if "TestClient" in module.text else ():
            if TEST_CLIENT in step.service.types.bases(each):
                _subclass(step, each)


def _made(step: Step, call: Call) -> str:
    """Name the class that a call makes a client of, if that is where it is told its application."""
    made = made_client(step, call)
    called = step.service.calls.called(call)
    if isinstance(called, ClassObject) and made and making(step, called.of) != "outside":
        return ""
    return made


def _subclass(step: Step, of: Class) -> None:
    """Make a class of clients one of async clients, which its methods are already."""
    module, editing = of.module, step.editing(of.module)
    found = of.bindings.get("__init__")
    own = found[-1].definition if found else None
    kind = making(step, of)
    base = next((each for each in of.node.bases if getattr(each, "id", "") == "TestClient"), None)
    arguments = None
    inside = super_calls(own)[0] if kind == "inside" and isinstance(own, Function) else None
    if inside is not None:
        arguments = _arguments(step, inside, "", {})
    if base is None or not kind or (inside is not None and arguments is None):
        reason = (
            "make it an AsyncClient, its overrides async, its application a transport's: "
            "`super().__init__(transport=ASGITransport(app), base_url=...)`"
        )
        step.withhold(module, of.node, _RULE, reason)
        return
    editing.replace(base, "AsyncClient")
    if inside is not None and arguments is not None:
        text = f"super().__init__({', '.join(arguments.lines(arguments.app))})"
        editing.replace(inside.node, text)
        step.add_import(module, "httpx", "ASGITransport")
    step.add_import(module, "httpx", "AsyncClient")
    step.drop_import(module, "TestClient")
    step.changed(module, of.node, "client", rule=_RULE)


def _is_of_client(step: Step, call: Call) -> bool:
    called = step.service.calls.called(call)
    return isinstance(called, LibraryObject) and step.service.types.is_a(
        called.bound_to, TEST_CLIENT
    )


def _client(step: Step, call: Call, made: str, named: Mapping[ast.expr, str]) -> None:
    module = call.scope.module
    editing = step.editing(module)
    arguments = _arguments(step, call, made, named)
    if arguments is None:
        reason = "its arguments cannot be seen: write an AsyncClient"
        step.withhold(module, call.node, _RULE, reason)
        return
    if call.use == "entered":
        statement = _entering(editing, call.node)
        if isinstance(statement, ast.With):
            return  # where it cannot be awaited, which is told there, it stays as it was
        step.add_import(module, "asgi_lifespan", "LifespanManager")
        _enter(editing, call.node, statement, arguments)
    else:
        editing.replace(call.node, _laid_out(editing, call.node, arguments))
    step.add_import(module, "httpx", "ASGITransport")
    if made == "AsyncClient":
        step.add_import(module, "httpx", "AsyncClient")
        if isinstance(call.node.func, ast.Name):
            step.drop_import(module, call.node.func.id)
    step.changed(module, call.node, "client", rule=_RULE)


@dataclass(frozen=True, slots=True)
class _Arguments:
    """What a client is made of, as it is written.

    Parameters:
        made: the class that is made.
        app: the application.
        transport: what else the transport is told.
        client: what the client itself is told.
    """

    made: str
    app: str
    transport: tuple[str, ...]
    client: tuple[str, ...]

    def lines(self, app: str) -> list[str]:
        """Give the arguments of the async client, for the application under a name."""
        transport = ", ".join((f"app={app}", *self.transport))
        return [f"transport=ASGITransport({transport})", *self.client]


def _arguments(
    step: Step, call: Call, made: str, named: Mapping[ast.expr, str]
) -> _Arguments | None:
    """Read what a client was given; None, if that cannot be seen."""
    editing = step.editing(call.scope.module)

    def source(node: ast.expr) -> str:
        return named.get(node) or editing.source(node)

    given = {each.arg: source(each.value) for each in call.node.keywords if each.arg}
    if any(each.arg is None for each in call.node.keywords) or any(
        isinstance(each, ast.Starred) for each in call.node.args
    ):
        return None
    given.update(zip(_POSITIONAL, map(source, call.node.args), strict=False))
    if "app" not in given:
        return None
    app = given.pop("app")
    if _asks_for_host(step.project):
        given.setdefault("client", '("testclient", 50000)')
    transport = [f"{new}={given.pop(old)}" for old, new in _TRANSPORT.items() if old in given]
    given = {name: text for name, text in given.items() if name not in _GONE}
    given.setdefault("base_url", '"http://testserver"')
    given.setdefault("follow_redirects", "True")
    return _Arguments(made, app, tuple(transport), tuple(f"{k}={v}" for k, v in given.items()))


def _asks_for_host(project: Project) -> bool:
    """Say whether anything asks who sent a request: `TestClient` says `testclient` by default."""
    return any(text in each.text for each in project.modules for text in _HOST)


def _entering(editing: Editing, node: ast.expr) -> ast.AST | None:
    item = editing.parent(node)
    return editing.parent(item) if isinstance(item, ast.withitem) else None


def _enter(
    editing: Editing, node: ast.Call, statement: ast.AST | None, arguments: _Arguments
) -> None:
    """Run the lifespan around the client, and hand what it yields to the requests."""
    manager = next(each for each in _MANAGERS if not re.search(rf"\b{each}\b", editing.places.text))
    lifespan = f"LifespanManager({arguments.app}) as {manager}"
    lines = arguments.lines(f"{manager}.app")
    alone = isinstance(statement, ast.AsyncWith) and len(statement.items) == 1
    if not isinstance(statement, ast.AsyncWith) or not alone or _is_in_parentheses(editing, node):
        editing.replace(node, f"{lifespan}, {arguments.made}({', '.join(lines)})")
        return
    name = statement.items[0].optional_vars
    outer = " " * statement.col_offset
    inner, innermost = outer + "    ", outer + "        "
    made = "".join(f"{innermost}{each},\n" for each in lines)
    named = f" as {editing.source(name)}" if name is not None else ""
    text = f"(\n{inner}{lifespan},\n{inner}{arguments.made}(\n{made}{inner}){named},\n{outer})"
    start = editing.places.span(node)[0]
    editing.replace_range(start, editing.places.span(name if name is not None else node)[1], text)


def _is_in_parentheses(editing: Editing, node: ast.expr) -> bool:
    return editing.places.text[: editing.places.span(node)[0]].rstrip().endswith("(")


def _laid_out(editing: Editing, node: ast.Call, arguments: _Arguments) -> str:
    """Write a client on one line where it has room, else one argument a line."""
    lines = arguments.lines(arguments.app)
    line = f"{arguments.made}({', '.join(lines)})"
    start = editing.places.span(node)[0]
    begin = editing.places.start_of_line(node.lineno)
    if start - begin + len(line) <= _WIDTH or any("\n" in each for each in lines):
        return line
    outer = re.match(r"[ \t]*", editing.places.text[begin:])
    indentation = outer.group() if outer else ""
    made = "".join(f"{indentation}    {each},\n" for each in lines)
    return f"{arguments.made}(\n{made}{indentation})"


def _rename_arguments(step: Step, call: Call) -> None:
    editing = step.editing(call.scope.module)
    for each in call.node.keywords:
        if each.arg in _RENAMED:
            start, _ = editing.places.span(each)
            editing.replace_range(start, start + len(each.arg), _RENAMED[each.arg])
            step.changed(call.scope.module, call.node, "argument", rule=_RULE)


def _annotations(step: Step, module: Module) -> None:
    """Say `AsyncClient` where annotations say `TestClient`."""
    if module.tree is None:
        return
    editing = step.editing(module)
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Name) or node.id != "TestClient":
            continue
        parent = editing.parent(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            continue
        if isinstance(parent, ast.ClassDef):
            continue
        of = step.service.types.of_name(module, node.id)
        if isinstance(of, LibraryObject) and of.name == TEST_CLIENT:
            editing.replace(node, "AsyncClient")
            step.add_import(module, "httpx", "AsyncClient")
            step.drop_import(module, "TestClient")
