"""Which file an import means."""

from pathlib import Path

import pytest

from async_db.target import import_names
from helpers.targets import project, told, type_of

FACTORY = "from sqlalchemy.orm import sessionmaker\nmake = sessionmaker()\n"


@pytest.mark.parametrize(
    ("path", "packages", "names"),
    [
        ("main.py", [], ("main",)),
        ("app/main.py", ["app"], ("app.main",)),
        ("src/app/main.py", ["src/app"], ("app.main", "src.app.main")),
        ("app/core/main.py", ["app", "app/core"], ("app.core.main",)),
        ("app/__init__.py", ["app"], ("app",)),
        ("app/core/main.py", [], ("app.core.main", "core.main", "main")),
    ],
)
def test_the_names_of_a_file(path: str, packages: list[str], names: tuple[str, ...]) -> None:
    assert import_names(path, packages) == names


@pytest.mark.parametrize(
    ("files", "statement"),
    [
        ({"db": FACTORY, "use": ""}, "from db import make"),
        ({"src__app____init__": "", "src__app__db": FACTORY, "use": ""}, "from app.db import make"),
        ({"pkg__db": FACTORY, "pkg__use": ""}, "from .db import make"),
        ({"pkg__db": FACTORY, "pkg__api__use": ""}, "from ..db import make"),
        ({"pkg__db__session": FACTORY, "pkg__use": ""}, "from pkg.db.session import make"),
        (
            {
                "pkg__db____init__": "from .session import make\n",
                "pkg__db__session": FACTORY,
                "pkg__use": "",
            },
            "from pkg.db import make",
        ),
        (
            {
                "pkg__db____init__": "from .session import *\n",
                "pkg__db__session": FACTORY,
                "pkg__use": "",
            },
            "from pkg.db import make",
        ),
        (
            {"a__app__db": "make = 1\n", "b__app__db": FACTORY, "b__app__use": ""},
            "from app.db import make",
        ),
        (
            {"celery": "make = 1\n", "app__db": FACTORY, "use": ""},
            "from celery import Celery\n    from app.db import make",
        ),
    ],
)
def test_an_import_is_found(tmp_path: Path, files: dict[str, str], statement: str) -> None:
    place = next(name for name in files if name.endswith("use"))
    target = project(tmp_path, **files | {place: f"def use():\n    {statement}\n"})
    assert told(type_of(target, "make()", "use")) == "sqlalchemy.orm.Session"
