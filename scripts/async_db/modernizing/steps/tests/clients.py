"""`TestClient` becomes httpx's async client; the lifespan runs exactly where it ran before."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import TEST_CLIENT
from async_db.target import Call, LibraryObject, Module

_RULE = "testing/asgi-transport"
_TRANSPORT = {
    "raise_server_exceptions": "raise_app_exceptions",
    "root_path": "root_path",
    "client": "client",
}
"""Arguments that are the transport's now, and how they are called there."""
_GONE = frozenset({"backend", "backend_options"})
_RENAMED = {"allow_redirects": "follow_redirects"}
_SYNC_ONLY = frozenset({"websocket_connect", "portal", "wait_startup", "wait_shutdown"})


def clients(step: Step) -> None:
    """Replace the clients of all tests."""
    for module in step.project.modules:
        if "TestClient" not in module.text:
            continue
        for call in module.all_calls:
            if step.service.library_name(call) == TEST_CLIENT:
                _client(step, call)
            elif call.name in _SYNC_ONLY and _is_of_client(step, call):
                reason = "httpx has no such call: keep a TestClient for this test, with a session of its own"
                step.withhold(module, call.node, _RULE, reason)
            elif any(each.arg in _RENAMED for each in call.node.keywords) and _is_of_client(
                step, call
            ):
                _rename_arguments(step, call)
        _annotations(step, module)


def _is_of_client(step: Step, call: Call) -> bool:
    called = step.service.calls.called(call)
    return isinstance(called, LibraryObject) and step.service.types.is_a(
        called.bound_to, TEST_CLIENT
    )


def _client(step: Step, call: Call) -> None:
    module = call.scope.module
    editing = step.editing(module)
    given = {each.arg: editing.source(each.value) for each in call.node.keywords if each.arg}
    if any(each.arg is None for each in call.node.keywords) or not (
        call.node.args or "app" in given
    ):
        step.withhold(
            module, call.node, _RULE, "its arguments cannot be seen: write an AsyncClient"
        )
        return
    app = editing.source(call.node.args[0]) if call.node.args else given.pop("app")
    for name, argument in zip(
        ("base_url", "raise_server_exceptions"), call.node.args[1:], strict=False
    ):
        given[name] = editing.source(argument)
    transport = [f"app={app}"]
    transport += [f"{new}={given.pop(old)}" for old, new in _TRANSPORT.items() if old in given]
    given = {name: text for name, text in given.items() if name not in _GONE}
    given.setdefault("base_url", '"http://testserver"')
    given.setdefault("follow_redirects", "True")
    arguments = [f"transport=ASGITransport({', '.join(transport)})"]
    arguments += [f"{name}={text}" for name, text in given.items()]
    text = f"AsyncClient({', '.join(arguments)})"
    if call.use == "entered":
        text = f"LifespanManager({app}), {text}"
        step.add_import(module, "asgi_lifespan", "LifespanManager")
    editing.replace(call.node, text)
    step.add_import(module, "httpx", "ASGITransport")
    step.add_import(module, "httpx", "AsyncClient")
    if isinstance(call.node.func, ast.Name):
        step.drop_import(module, call.node.func.id)
    step.changed(module, call.node, "client", rule=_RULE)


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
        of = step.service.types.of_name(module, node.id)
        if isinstance(of, LibraryObject) and of.name == TEST_CLIENT:
            editing.replace(node, "AsyncClient")
            step.add_import(module, "httpx", "AsyncClient")
            step.drop_import(module, "TestClient")
