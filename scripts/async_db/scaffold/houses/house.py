"""A project that a layer is written into: what is known of it, as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

_OWN_COLUMNS = {
    "id": "    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)\n",
    "created_at": (
        "    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.now())\n"
    ),
    "updated_at": (
        "    updated_at: Mapped[datetime] = mapped_column(\n"
        "        TIMESTAMP, server_default=func.now(), onupdate=func.now()\n    )\n"
    ),
}


@dataclass(frozen=True)
class Symbol:
    """A name that a module defines.

    Parameters:
        module: its import name, such as `app.core.config`.
        name: what it defines.
        path: the file, relative to the project; empty of a library.
        line: counted from 1.
    """

    module: str
    name: str
    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


@dataclass(frozen=True)
class UrlSource:
    """Where the project has the URL of its database.

    Parameters:
        expression: Python that gives it as a text, such as `str(settings.DATABASE_URI)`.
        imported: what has to be imported for that; None for `os`.
        shown: how a person would name it, such as `app.core.config:settings.DATABASE_URI`.
    """

    expression: str
    imported: Symbol | None
    shown: str

    @property
    def import_line(self) -> str:
        """The statement that imports what the expression names."""
        if self.imported is None:
            return "import os"
        return f"from {self.imported.module} import {self.imported.name}"


@dataclass(frozen=True)
class SettingsClass:
    """The class of settings that the project reads.

    Parameters:
        symbol: the class.
        fields: the names that it defines or inherits.
        prefix: of the environment's variables.
        env_file: that is read besides, empty if there is none.
    """

    symbol: Symbol
    fields: frozenset[str]
    prefix: str = ""
    env_file: str = ""


@dataclass(frozen=True)
class BaseClass:
    """What the project's models are made of.

    Parameters:
        symbol: the class, or SQLModel itself.
        fields: columns that every model inherits.
        is_sqlmodel: whether the models are SQLModel's.
        names_constraints: whether its metadata has a name for each unique constraint.
        key: what is inherited as primary key, as `id: int`; empty if each model has its own.
        is_made: whether `declarative_base()` made it, which a type checker knows nothing of.
        is_dataclass: whether models are dataclasses too.
    """

    symbol: Symbol
    fields: frozenset[str] = frozenset()
    is_sqlmodel: bool = False
    names_constraints: bool = False
    key: str = ""
    is_made: bool = False
    is_dataclass: bool = False


@dataclass(frozen=True)
class Use:
    """One place where operations depend on what gives sessions.

    Parameters:
        place: the file and line, as `app/api.py:12`.
        written: what is there.
        replaced: what would be there instead, with `SessionDep`.
    """

    place: str
    written: str
    replaced: str


@dataclass(frozen=True)
class Provider:
    """A function that gives sessions to operations.

    Parameters:
        symbol: the function.
        is_async: whether it gives an `AsyncSession`.
        uses: where operations and dependencies name it.
        commits: where what depends on it commits or rolls back by itself, as `app/api.py:14`.
    """

    symbol: Symbol
    is_async: bool
    uses: tuple[Use, ...] = ()
    commits: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """Where it is named, a file and line each."""
        return tuple(use.place for use in self.uses)


@dataclass(frozen=True)
class Application:
    """Where `FastAPI(...)` is called.

    Parameters:
        path: the file.
        line: of the call, counted from 1.
        lifespan: the function that it is given, if that could be read.
        yields: what the lifespan yields, as it is written; empty if nothing.
        yield_line: of that, counted from 1.
        calls: the names of what the lifespan calls.
        events: calls of the functions that `on_event("startup")` runs, which a lifespan replaces.
    """

    path: str
    line: int
    lifespan: Symbol | None = None
    yields: str = ""
    yield_line: int = 0
    calls: frozenset[str] = frozenset()
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alembic:
    """The project's migrations.

    Parameters:
        folder: that has `env.py`.
        heads: the revisions that none follows.
        revisions: how many there are.
        is_async: whether `env.py` runs on an async engine.
    """

    folder: str
    heads: tuple[str, ...] = ()
    revisions: int = 0
    is_async: bool = False


@dataclass(frozen=True)
class Style:
    """How the project's code is formatted, and who says so."""

    line_length: int = 88
    quotes: Literal["double", "single"] = "double"
    said_by: str = "what black and ruff do by themselves"


@dataclass(frozen=True)
class Assumption:
    """What was taken for granted, and the option that says otherwise.

    Parameters:
        option: as it is written on the command line, such as `--place`.
        value: what it was taken to be.
        why: where that was read, in a few words.
    """

    option: str
    value: str
    why: str


@dataclass(frozen=True)
class House:
    """A project that a layer is written into.

    Parameters:
        source: the folder that imports start from, empty for the project's own.
        package: the import name of the service's package, empty where modules lie in no package.
        place: the import name of the package that the new modules come to.
        has_place: whether that package is there.
        is_ours: whether the project is the scaffold, rendered.
        tests: the folder that the new tests come to.
        feature: the import name of the package for what a new model brings, if it was said.
        model_module: that of the module for the new model itself, if it was said.
        model_packages: the packages that have one module for each model.
        options: what the scaffold's options have to be here.
        models: import names of the modules that define tables.
        tables: the tables, and where each is defined.
        classes: the classes that have one, and where each is defined.
        requirements: the libraries that are installed, locked or declared, and as `name[extra]` what
            is asked for of them besides.
        words: all names in the project's modules, without those of a layer written before.
        imports: what modules import, each with the package of the module that does.
        pytest: the settings of its tests, by name.
    """

    source: str = ""
    package: str = "app"
    place: str = "app.database"
    has_place: bool = False
    is_ours: bool = False
    tests: str = "tests/database_layer"
    feature: str = ""
    model_module: str = ""
    model_packages: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    settings: SettingsClass | None = None
    url: UrlSource = UrlSource('os.environ["DATABASE_URL"]', None, "env:DATABASE_URL")
    base: BaseClass | None = None
    models: tuple[str, ...] = ()
    tables: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    engines: tuple[Symbol, ...] = ()
    providers: tuple[Provider, ...] = ()
    application: Application | None = None
    alembic: Alembic | None = None
    style: Style = Style()
    requirements: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    imports: frozenset[tuple[str, str]] = frozenset()
    python: str = ""
    pytest: Mapping[str, str] = field(default_factory=dict)
    assumptions: tuple[Assumption, ...] = ()
    obstacles: tuple[str, ...] = ()
    """Why no layer can be written here, each with the way out."""

    @property
    def env_prefix(self) -> str:
        """What the environment's variables begin with."""
        return self.settings.prefix if self.settings else ""

    @property
    def env_file_literal(self) -> str:
        """The file that the settings are read from besides, as Python writes it."""
        name = self.settings.env_file if self.settings else ""
        return json.dumps(name, ensure_ascii=False) if name else "None"

    @property
    def is_sqlmodel(self) -> bool:
        """Whether models are SQLModel's, and so the sessions: with `exec`, and no warning for it."""
        return self.options.get("models") == "sqlmodel"

    def imports_from_outside(self, module: str) -> bool:
        """Say whether a module is imported by one of another package."""
        own = module.rpartition(".")[0]
        return any(
            package != own and f"{imported}.".startswith(f"{module}.")
            for package, imported in self.imports
        )

    def inherits(self, column: str) -> bool:
        """Say whether every model has a column from its base; from the scaffold's, all of these."""
        return self.base is None or column in self.base.fields

    def named(self, constraint: str) -> str:
        """Give what a constraint is told of its name, where no naming convention says it."""
        has_names = self.base is None or self.base.names_constraints
        return "" if has_names else f', name="{constraint}"'

    @property
    def own_columns(self) -> str:
        """The columns of every new table that its base does not bring."""
        return "".join(line for name, line in _OWN_COLUMNS.items() if not self.inherits(name))

    @property
    def own_names(self) -> Mapping[str, str]:
        """What these columns take of SQLAlchemy and of our types, each after a comma."""
        has_times = "func.now" in self.own_columns
        has_key = "IDENTIFIER" in self.own_columns
        return {"func": ", func" * has_times, "identifier": "IDENTIFIER, " * has_key}

    @property
    def base_ignored(self) -> str:
        """What a type checker is told of a base that it knows nothing of."""
        is_made = self.base is not None and self.base.is_made
        return "  # type: ignore[misc, valid-type]" if is_made else ""

    @property
    def id_bits(self) -> int:
        """How many bits an id has, its sign left out: where the base brings it, an INTEGER's."""
        return 31 if self.base is not None and self.inherits("id") else 63

    @property
    def starts_postgresql(self) -> bool:
        """Whether the tests of a layer start a PostgreSQL, where no database is named."""
        return self.options.get("database") == "postgresql"

    def path_of(self, module: str) -> str:
        """Give the path of a module or package, without its ending."""
        path = module.replace(".", "/")
        return f"{self.source}/{path}" if self.source else path
