"""What cannot become async as it is, and what a person does about it."""

from __future__ import annotations

from async_db.auditing import Service
from async_db.modernizing.generated import WHY, is_generated
from async_db.target import Function, libraries

_MOVABLE = {"__enter__", "__exit__", "__call__", "__aenter__", "__aexit__"}
_HOOKS = {
    "property": "a property cannot be awaited: make it a method, and await its calls",
    "cached_property": "a property cannot be awaited: make it a method, and await its calls",
    "hybrid_property": "a property cannot be awaited: load what it needs, or make it a method",
    "setter": "a property cannot be awaited: make it a method, and await its calls",
    "validator": "pydantic calls it, which does not await: check in the operation instead",
    "field_validator": "pydantic calls it, which does not await: check in the operation instead",
    "model_validator": "pydantic calls it, which does not await: check in the operation instead",
    "root_validator": "pydantic calls it, which does not await: check in the operation instead",
    "computed_field": "pydantic calls it, which does not await: load the value in the operation",
    "listens_for": "SQLAlchemy calls it, which does not await: use the connection it is given",
    "shared_task": "a worker's task stays sync: asyncio.run() an async function with its own engine",
    "task": "a worker's task stays sync: asyncio.run() an async function with its own engine",
    "command": "a command stays sync: asyncio.run() an async function with its own engine",
    "callback": "a command stays sync: asyncio.run() an async function with its own engine",
    "lru_cache": "a coroutine can be awaited once: cache its result, not the coroutine",
    "cache": "a coroutine can be awaited once: cache its result, not the coroutine",
    "singledispatch": "what is dispatched must be async in all its forms, or in none",
    "declared_attr": "SQLAlchemy calls it when the class is made: query elsewhere",
    "retry": "see that the decorator awaits what it repeats",
}
_FOREIGN_FINE = (
    *("typing.", "threading.local", "abc.", "enum.", "pydantic", "sqlalchemy.", "sqlmodel."),
    *("fastapi.", "contextlib.", "starlette.Request", "starlette.TestClient", "object"),
)
_TESTS = ("unittest.TestCase", "unittest.IsolatedAsyncioTestCase")
_OF_CLASSES = frozenset({"setUpClass", "tearDownClass"})
_AWAITED_DECORATORS = frozenset({"retry"})


def reason_against(service: Service, function: Function) -> str:
    """Say why a function cannot become async; nothing, if it can.

    Parameters:
        service: that it is in.
        function: that would have something to await.
    """
    if is_generated(function.module.path, function.module.text):
        return WHY
    written = service.types.decorators(function)
    if any(name.startswith("flask.") for name in written):
        return "Flask calls it in a thread: give it a sync engine and session of its own"
    decorators = {name.rpartition(".")[2] for name in written}
    for name in sorted(decorators & _HOOKS.keys() - _AWAITED_DECORATORS):
        if name in ("task", "command", "callback", "cache") and not _called(function, name):
            continue
        return _HOOKS[name]
    if function.is_generator and any(value is not None for value in function.returns):
        return "an async generator returns no value: yield it, or split the function"
    if function.name[:2] == "__" and function.name[-2:] == "__" and function.name not in _MOVABLE:
        if function.name == "__init__":
            return "`__init__` cannot await: query in an async class method that makes the object"
        return f"Python calls `{function.name}`, which does not await: use a method of another name"
    if any(service.library_name(call) == libraries.APPLICATION for call in function.calls):
        return "an application is made before the loop runs: what it asks goes into the lifespan"
    base = _foreign_base(service, function)
    return f"{base} may call it, which does not await" if base else ""


def _called(function: Function, name: str) -> bool:
    """Say whether a decorator is one by its looks: `@app.task`, `@cache`, not a local `task`."""
    for node in function.node.decorator_list:
        func = getattr(node, "func", node)
        last = getattr(func, "attr", getattr(func, "id", ""))
        if last == name:
            return True
    return False


def _foreign_base(service: Service, function: Function) -> str:
    """Name a class of a library that a method may override one of."""
    owner = function.owner
    if owner is None or function.name[:2] == "__" or function.name.startswith("test"):
        return ""
    for each in service.types.mro(owner):
        if isinstance(each, str) and each in _TESTS and function.name not in _OF_CLASSES:
            return ""  # its set-up has an async counterpart
        if isinstance(each, str) and not each.startswith(_FOREIGN_FINE):
            return each
    return ""
