"""What cannot matter is not parsed: what no import connects with a library that this is about."""

from pathlib import Path

import pytest

from async_db.target import read_project


def modules(folder: Path, files: dict[str, str]) -> list[str]:
    """Write a project, and give what is parsed of it."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return [each.path for each in read_project(folder).modules]


def test_what_nothing_connects_is_not_parsed(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/models.py": "from sqlalchemy import Column\nfrom . import words\n",
        "app/words.py": "from app.letters import a\n",
        "app/letters.py": "a = 1\n",
        "app/service.py": "def f():\n    from app import (\n        other,\n        models,\n    )\n",
        "app/other.py": "x = 1\n",
        "tools/get_pip.py": "import os, sys\ndata = 1\n",
        "tools/both.py": "import os, get_pip\n",
        "tests/conftest.py": "from app import models\n",
        "tests/test_it.py": "def test_it(client): client.get('/')\n",
    }
    assert modules(tmp_path, files) == sorted(
        each for each in files if not each.startswith("tools/") and each != "app/__init__.py"
    )
    target = read_project(tmp_path)
    assert target.irrelevant == 3


def test_who_stands_behind_a_port_need_not_be_imported(tmp_path: Path) -> None:
    files = {
        "models.py": "import sqlalchemy\n",
        "ports.py": "from typing import Protocol\nclass Port(Protocol):\n    def get(self): ...\n",
        "uses.py": "import ports\nasync def use(port: ports.Port): port.get()\n",
        "abstract.py": "import abc\n",
    }
    assert modules(tmp_path, files) == ["abstract.py", "models.py", "ports.py", "uses.py"]


@pytest.mark.parametrize(
    "form",
    [
        "from pydantic_settings import BaseSettings",
        "import pydantic_settings",
        "from pydantic import BaseSettings",
    ],
)
def test_settings_that_nobody_imports_yet_are_parsed(tmp_path: Path, form: str) -> None:
    files = {
        "models.py": "import sqlalchemy\n",
        "config.py": f"{form}\n",
        "cli.py": "import config\n",
    }
    assert modules(tmp_path, files) == ["config.py", "models.py"]


def test_imports_of_every_form_connect(tmp_path: Path) -> None:
    forms = [
        "import a.models",
        "import os, a.models as m",
        "from a import models",
        "from a import \\\n    models",
        "from a.models import *",
        "try:\n    from a import models\nexcept ImportError: pass",
        "try: from a import models\nexcept ImportError: pass",
        "x = 1; import a.models",
        "x = 1\rimport a.models\r",
    ]
    files = {"a/models.py": "\ufeffimport sqlalchemy as sa\n"}
    files |= {f"f{number}.py": f"{form}\n" for number, form in enumerate(forms)}
    files["a/below/g.py"] = "from ..models import x\n"
    assert modules(tmp_path, files) == sorted(files)


def test_all_is_parsed_where_no_library_is_named(tmp_path: Path) -> None:
    assert modules(tmp_path, {"a.py": "x = 1\n", "b.py": "import os\n"}) == ["a.py", "b.py"]
