"""What some files of the scaffold need of the project that they are written into."""

from pathlib import Path, PurePosixPath

from async_db.scaffold.layer_needs import MissingImport, missing_imports, requirements_of
from async_db.scaffold.rendering import Tree


def tree_of(**modules: str) -> Tree:
    return {
        PurePosixPath(name.replace("__", "/").replace("/init", "/__init__")).with_suffix(
            ".py"
        ): text
        for name, text in modules.items()
    }


def test_missing_imports(tmp_path: Path) -> None:
    whole = tree_of(
        app__init="",
        app__main=(
            "import os\nimport app.settings\nfrom app import engine, VERSION\n"
            "from app.database.base import Base\nfrom app.database import session\n"
            "from app.there import x\nfrom app.unknown import y\nimport application\n"
        ),
        app__settings="",
        app__engine="",
        app__database__init="",
        app__database__base="",
        app__database__session="from .base import Base\nfrom . import session\nfrom .. import q\n",
    )
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "there.py").write_text("")
    layers = {path: path.stem for path in whole}
    written = paths_of("app/main.py", "app/database/session.py")
    assert missing_imports(whole, written, tmp_path, "app", layers) == [
        MissingImport("app", "__init__"),
        MissingImport("app.database.base", "base"),
        MissingImport("app.engine", "engine"),
        MissingImport("app.settings", "settings"),
        MissingImport("app.unknown", None),
    ]


def paths_of(*names: str) -> set[PurePosixPath]:
    return {PurePosixPath(name) for name in names}


def test_nothing_is_missing_when_all_is_written(tmp_path: Path) -> None:
    whole = tree_of(app__main="from app.orders import Order\n", app__orders="class Order: ...\n")
    assert missing_imports(whole, whole.keys(), tmp_path, "app", {}) == []
    assert missing_imports(whole, paths_of("app/main.py"), tmp_path, "app", {}) == [
        MissingImport("app.orders", None)
    ]


def test_a_package_of_the_same_beginning_is_another(tmp_path: Path) -> None:
    whole = tree_of(app__main="import application.main\nfrom apps import x\n")
    assert missing_imports(whole, whole.keys(), tmp_path, "app", {}) == []


def test_requirements_are_those_that_the_written_files_name() -> None:
    pyproject = """
        [project]
        dependencies = ["SQLAlchemy[asyncio]>=2", "aiosqlite", "python-json-logger>=3"]
        [dependency-groups]
        dev = ["asgi-lifespan>=2"]
    """
    whole = {
        PurePosixPath("pyproject.toml"): pyproject,
        PurePosixPath("app/url.py"): 'import sqlalchemy\nDRIVER = "sqlite+aiosqlite"\n',
        PurePosixPath("app/logs.py"): 'FORMATTER = "pythonjsonlogger.json.JsonFormatter"\n',
        PurePosixPath("tests/conftest.py"): "import asgi_lifespan\n",
    }

    def of(*paths: str) -> list[str]:
        return requirements_of(whole, [PurePosixPath(path) for path in paths])

    assert of("app/url.py") == ["SQLAlchemy[asyncio]>=2", "aiosqlite"]
    assert of("app/logs.py", "tests/conftest.py") == ["python-json-logger>=3", "asgi-lifespan>=2"]
    assert of("pyproject.toml") == []
    assert requirements_of({}, []) == []
