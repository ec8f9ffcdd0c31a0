"""URLs of databases: the async driver's name in a literal, else put in by a function when it runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from async_db.modernizing.editing import parsed
from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.databases import Databases
from async_db.modernizing.steps.database.importing import spelling
from async_db.target import Call, Instance, Module, libraries

RULE = "engine/async-driver-url"
_SCHEMES = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "postgresql+psycopg2": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+pysqlite": "sqlite+aiosqlite",
    "mysql": "mysql+aiomysql",
    "mysql+pymysql": "mysql+aiomysql",
    "mysql+mysqldb": "mysql+aiomysql",
}
"""The async driver's URL for a sync one's; `postgresql+psycopg` is both."""
_SCHEME = re.compile(r"[rRbBuUfF]*(?:\"\"\"|'''|\"|')(?P<scheme>[a-z0-9+]+)(?=://)")
_ENTRY = re.compile(
    r'^ +"(?P<database>postgres(?:ql)?|sqlite|mysql)[\w+]*": "[\w+]+",\n', re.MULTILINE
)
_LINE_END = "\n"
_WRITTEN = Path(__file__).parent / "written"
"""The functions, as they are written into a target for all databases."""
_POSTGRESQL = re.compile(r"^    if made\.drivername.*?(?=^    return)", re.MULTILINE | re.DOTALL)


class Urls:
    """Puts the async driver into URLs.

    Parameters:
        step: the step.
        databases: that the service speaks to.
    """

    def __init__(self, step: Step, databases: Databases) -> None:
        self.step = step
        self.databases = databases
        self._written: dict[str, Module] = {}
        self._done: set[Module] = set()

    def make_async(self, url: ast.expr, call: Call) -> bool:
        """Have an engine's URL name the async driver; say whether anything is changed."""
        module = call.scope.module
        literal, where = self._literal(url, call), module
        if literal is not None:
            editing = self.step.editing(where)
            found = _SCHEME.match(editing.source(literal))
            if found is None or found["scheme"] not in _SCHEMES:
                return False
            start = editing.places.span(literal)[0]
            begin, end = start + found.start("scheme"), start + found.end("scheme")
            editing.replace_range(begin, end, _SCHEMES[found["scheme"]])
            return True
        if self._is_async(url, call) or (self.databases.psycopg and not self.databases.all):
            return False
        self.step.editing(module).wrap(url, "async_url(", ")")
        self.write("async_url", module)
        return True

    def _literal(self, url: ast.expr, call: Call) -> ast.expr | None:
        """Give the text that a URL is, also where it is the value of a name that nothing else uses."""
        if _is_text(url):
            written = self.step.editing(call.scope.module).source(url)
            return url if _SCHEME.match(written) else None
        if not isinstance(url, ast.Name):
            return None
        located = self.step.service.types.locate(call.scope, url.id)
        if located is None or located[1] is not call.scope.module:
            return None
        binding, module = located[0], call.scope.module
        alone = len(module.bindings.get(url.id, ())) == 1 and not self._is_used_elsewhere(
            module, url.id
        )
        if binding.value is None or not alone or not _is_text(binding.value):
            return None
        written = self.step.editing(module).source(binding.value)
        return binding.value if _SCHEME.match(written) else None

    def _is_used_elsewhere(self, module: Module, name: str) -> bool:
        """Say whether a module's name is used more than once, or by another module."""
        used = [
            node
            for node in ast.walk(module.tree or ast.Module([], []))
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        ]
        pattern = re.compile(rf"\b{re.escape(name)}\b")
        return len(used) > 1 or any(
            other is not module and module in self.step.service.imports_of(other)
            for other in self.step.project.modules
            if pattern.search(other.text)
        )

    def _is_async(self, url: ast.expr, call: Call) -> bool:
        """Say whether an async driver is put in already, or the URL is an async engine's."""
        called = url.func if isinstance(url, ast.Call) else None
        if getattr(called, "id", "") == "async_url":
            return True
        if isinstance(url, ast.Attribute) and url.attr == "url":
            of = self.step.service.types.of(url.value, call.scope)
            return isinstance(of, Instance) and of.of == libraries.ASYNC_ENGINE
        return False

    def write(self, name: str, module: Module) -> None:
        """Have a module know one of the functions on URLs: it is written in the first that needs it.

        Others import it from there, but for tests, whose modules import nothing of each other's.
        """
        home = self._written.get(name) or self._there(name) or module
        if home.is_test and home is not module:
            home = module
        if name in module.bindings or module in self._done:
            return
        self._done.add(module)
        if home is not module:
            self.step.add_import(module, spelling(self.step, module, home), name)
            return
        self._written.setdefault(name, module)
        self._insert(name, module)

    def _there(self, name: str) -> Module | None:
        """Give the module that has the function since an earlier run."""
        for each in self.step.project.modules:
            bound = each.bindings.get(name, ())
            if not each.is_test and any(binding.kind == "function" for binding in bound):
                return each
        return None

    def _insert(self, name: str, module: Module) -> None:
        text, imports = self._function(name)
        editing = self.step.editing(module)
        end = _end_of_imports(module.tree) if module.tree is not None else None
        place = editing.places.next_line(editing.places.span(end)[1]) if end is not None else 0
        behind = editing.places.text[place:].replace("\r\n", "\n")
        there = len(behind) - len(behind.lstrip("\n"))
        editing.insert(place, f"\n\n{text}{max(0, 2 - there) * _LINE_END}")
        for imported in imports:
            self.step.add_import(module, "sqlalchemy", imported)

    def _function(self, name: str) -> tuple[str, list[str]]:
        """Give a function's text for the databases that there are, and what it imports."""
        text = (_WRITTEN / f"{name}.txt").read_text(encoding="utf-8")
        known = set(self.databases.all) or {"postgresql", "sqlite", "mysql"}
        text = _ENTRY.sub(
            lambda found: found[0] if _family(found["database"]) in known else "", text
        )
        if "postgresql" not in known:
            text = _POSTGRESQL.sub("", text)
        tree = parsed(text)
        imports = [
            each.name
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            for each in node.names
        ]
        return text[text.index("def ") :], imports


def _family(scheme: str) -> str:
    return "postgresql" if scheme.startswith("postgres") else scheme


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _end_of_imports(tree: ast.Module) -> ast.stmt | None:
    """Give the last of the imports at a module's top, or its docstring."""
    last = None
    for node in _leading(tree):
        last = node
    return last


def _leading(tree: ast.Module) -> Iterator[ast.stmt]:
    for number, node in enumerate(tree.body):
        is_docstring = number == 0 and isinstance(node, ast.Expr) and _is_text(node.value)
        guarded = isinstance(node, ast.If | ast.Try) and any(
            isinstance(each, ast.Import | ast.ImportFrom) for each in node.body
        )
        if not (is_docstring or guarded or isinstance(node, ast.Import | ast.ImportFrom)):
            return
        yield node
