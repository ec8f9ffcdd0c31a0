"""Where a project's imports start, which package is the service's, and where new modules belong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable

from async_db.scaffold.houses.house import Symbol
from async_db.target import Module, Project, Scope

PLACES = ("database", "db", "async_database", "database_layer")
"""What the package of the new modules is called: the first that is nobody's."""
OURS = {
    "backends": "backend_of",
    "column_types": "IDENTIFIER",
    "connection_errors": "DatabaseUnavailable",
    "container": "Providers",
    "engine": "open_database",
    "errors": "is_temporary",
    "fair_queue": "FairQueue",
    "health": "open_readiness",
    "http_errors": "add_error_handlers",
    "liveness": "replace_dead_connections",
    "logs": "AccessLog",
    "manager": "SessionManager",
    "pool": "WatchedPool",
    "postgresql": "PostgresqlSettings",
    "reading": "ReplicaDep",
    "reading_session": "ReadingSession",
    "replica": "ReplicaSettings",
    "repository": "Repository",
    "retrying": "retried",
    "session": "get_database",
    "settings": "DatabaseSettings",
    "sqlite": "SqliteSettings",
    "tenancy": "in_schema",
    "url": "async_url",
}
"""What a layer's modules define, by which they are known again when another layer is written."""
_MODELS = frozenset({"entities", "model", "models", "orm", "tables"})
"""What a package is called that has one module for each model."""
_ASIDE = frozenset({"benchmarks", "docs", "docs_src", "examples", "scripts", "tools"})
_DATABASE_FOLDERS = frozenset({"database", "databases", "db", "persistence", "storage"})


class Layout:
    """The import names of a project's modules, as the project itself writes them.

    Parameters:
        project: the model of its source.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.source = _source(project)
        every = tuple(
            module
            for module in project.modules
            if not (module.is_test or _migrates(module) or _stands_aside(module))
            and self._is_below_source(module)
        )
        self.ours = tuple(
            self.name(module).rpartition(".")[0]
            for module in every
            if _defines(module, "open_database") and _defines(module, "Database")
        )
        """The packages that a layer was written into before."""
        self.serving = tuple(module for module in every if not self._is_ours(module))
        """The project's own modules, without tests and migrations."""
        self.defined = frozenset(
            (self.name(each), name) for each in every for name in each.bindings
        )
        """What all modules define, by the module's name and the name."""

    def name(self, module: Module) -> str:
        """Give the name that a module is imported by."""
        path = module.path.removeprefix(f"{self.source}/" if self.source else "")
        return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def symbol(self, scope: Scope, name: str, line: int) -> Symbol:
        """Give what is defined in a scope under a name."""
        return Symbol(self.name(scope.module), name, scope.module.path, line)

    def is_of_a_feature(self, name: str) -> bool:
        """Say whether a module is in a package that a new model brought, which says nothing of the
        project's own layout."""
        package = name if (f"{name}.dependencies", "MAX_ID") in self.defined else ""
        package = package or name.rpartition(".")[0]
        telling = (("dependencies", "MAX_ID"), ("creation", "router"))
        return all((f"{package}.{module}", each) in self.defined for module, each in telling)

    def _is_ours(self, module: Module) -> bool:
        package, _, last = self.name(module).rpartition(".")
        named = OURS.get(last.removeprefix("async_"))
        return package in self.ours and named is not None and _defines(module, named)

    def _is_below_source(self, module: Module) -> bool:
        return not self.source or module.path.startswith(f"{self.source}/")


def _migrates(module: Module) -> bool:
    """Say whether a module is Alembic's, which serves nobody."""
    *folders, name = module.path.split("/")
    return (name == "env.py" and "alembic" in module.text) or folders[-1:] == ["versions"]


def _defines(module: Module, name: str) -> bool:
    """Say whether a name is a module's own, and not imported from another."""
    return any(each.kind not in ("import", "from") for each in module.bindings.get(name, ()))


def _stands_aside(module: Module) -> bool:
    """Say whether a module is no part of what serves, by the folder that it is in."""
    return bool(_ASIDE & set(module.path.split("/")[:-1]))


def _source(project: Project) -> str:
    """Find the folder that imports start from: the one by which most of them can be resolved."""
    votes: Counter[str] = Counter()
    for module in project.modules:
        for binding in module.imports:
            target = binding.target if binding.kind == "from" else binding.name
            if target.startswith(".") or not project.index.knows(target):
                continue
            found = project.index.find(target, module)
            if found is not None:
                start = _start(found.path, target)
                if start is not None:
                    votes[start] += 1
    if votes:
        return votes.most_common(1)[0][0]
    starts = [
        _start(each.path, each.names[0]) or "" for each in project.modules if not each.is_test
    ]
    return Counter(starts).most_common(1)[0][0] if starts else ""


def _start(path: str, name: str) -> str | None:
    """Give the folder below which a file has a name, if there is one."""
    stem = path.removesuffix(".py").removesuffix("/__init__")
    end = name.replace(".", "/")
    if stem == end:
        return ""
    return stem.removesuffix(f"/{end}") if stem.endswith(f"/{end}") else None


def package_of(names: Iterable[str]) -> str:
    """Give the package that most modules are in, by their names; nothing where they are in none."""
    tops = Counter(name.partition(".")[0] if "." in name else "" for name in names)
    return tops.most_common(1)[0][0] if tops else "app"


def place_for(
    package: str, near: Collection[str], taken: Callable[[str], bool]
) -> tuple[str, str, bool]:
    """Choose the package for modules about the database.

    Parameters:
        package: the service's package, empty if modules lie in none.
        near: the names of the modules that make engines, sessions and bases.
        taken: whether there is a module or a package of a name.

    Returns:
        Its import name, why it is that, and whether it is there already.
    """
    for name in near:
        folder = name.rpartition(".")[0]
        if folder != package and folder.rpartition(".")[2] in _DATABASE_FOLDERS:
            return folder, f"{name} is there", True
    for last in PLACES:
        name = f"{package}.{last}" if package else last
        if not taken(name):
            return name, "no module has the name", False
    return f"{package}.{PLACES[-1]}".strip("."), "no other name is free", False


def model_packages(models: Iterable[str]) -> tuple[str, ...]:
    """Give the packages that have one module for each model, by the modules that define tables."""
    packages = Counter(name.rpartition(".")[0] for name in models)
    return tuple(name for name, _ in packages.most_common() if name.rpartition(".")[2] in _MODELS)
