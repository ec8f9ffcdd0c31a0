"""How the tests are configured and what they need is said where the target says it, and as it does."""

import textwrap
from pathlib import Path

import pytest

from async_db.modernizing import Options, Sources, modernize
from async_db.modernizing.steps.tests import tests as step_of_tests

TEST = "async def test():\n    pass\n"
SETTINGS = """\
asyncio_mode = auto
asyncio_default_fixture_loop_scope = session
asyncio_default_test_loop_scope = session
"""
QUOTED = """\
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "session"
asyncio_default_test_loop_scope = "session"
"""
SETTLED = {"pytest.ini": f"[pytest]\n{SETTINGS}"}
FILES = {
    "none is there": ({}, {"pytest.ini": f"[pytest]\n{SETTINGS}"}),
    "a table of pyproject.toml, its comments kept": (
        {"pyproject.toml": '[tool.pytest.ini_options] # ours\naddopts = "-q" # quiet\n'},
        {
            "pyproject.toml": f'[tool.pytest.ini_options] # ours\n{QUOTED}addopts = "-q" # quiet\n',
        },
    ),
    "a pyproject.toml without one": (
        {"pyproject.toml": '[project]\nname = "shop"\n'},
        {"pyproject.toml": f'[project]\nname = "shop"\n\n[tool.pytest.ini_options]\n{QUOTED}'},
    ),
    "setup.cfg": (
        {"setup.cfg": "[metadata]\nname = shop\n; tests\n[tool:pytest]\naddopts = -q\n"},
        {
            "setup.cfg": "[metadata]\nname = shop\n; tests\n"
            f"[tool:pytest]\n{SETTINGS}addopts = -q\n",
        },
    ),
    "tox.ini": (
        {"tox.ini": "[tox]\nenvlist = py312\n\n[pytest]\n"},
        {"tox.ini": f"[tox]\nenvlist = py312\n\n[pytest]\n{SETTINGS}"},
    ),
    "a setting that says otherwise": (
        {"pytest.ini": "[pytest]\nasyncio_mode = strict\n"},
        {
            "pytest.ini": "[pytest]\n"
            + "\n".join([*SETTINGS.splitlines()[1:], "asyncio_mode = auto\n"])
        },
    ),
    "lines that end as on Windows": (
        {"pytest.ini": "[pytest]\r\naddopts = -q\r\n"},
        {"pytest.ini": "[pytest]\r\n" + SETTINGS.replace("\n", "\r\n") + "addopts = -q\r\n"},
    ),
    "nothing where it is said": (SETTLED, SETTLED),
}
REQUIREMENTS = {
    "a list of one entry a line": (
        "pyproject.toml",
        """
        [dependency-groups]
        dev = [
            "pytest>=8", # runs all
            "ruff",
        ]
        """,
        """
        [dependency-groups]
        dev = [
            "pytest>=8", # runs all
            "pytest-asyncio>=0.26",
            "httpx>=0.28",
            "asgi-lifespan>=2.1",
            "ruff",
        ]
        """,
    ),
    "the last entry without a comma": (
        "pyproject.toml",
        """
        [project.optional-dependencies]
        test = [
            "httpx",
            "pytest[dev] >= 8" # runs all
        ]
        """,
        """
        [project.optional-dependencies]
        test = [
            "httpx",
            "pytest[dev] >= 8", # runs all
            "pytest-asyncio>=0.26",
            "asgi-lifespan>=2.1",
        ]
        """,
    ),
    "all on one line": (
        "pyproject.toml",
        """
        [dependency-groups]
        dev = ["ruff", "pytest>=8"]
        """,
        """
        [dependency-groups]
        dev = ["ruff", "pytest>=8", "pytest-asyncio>=0.26", "httpx>=0.28", "asgi-lifespan>=2.1"]
        """,
    ),
    "Poetry's, with a release that is too old": (
        "pyproject.toml",
        """
        [tool.poetry.group.dev.dependencies]
        pytest = "^8.0"
        pytest-asyncio = "^0.23"
        """,
        """
        [tool.poetry.group.dev.dependencies]
        pytest = "^8.0"
        httpx = ">=0.28"
        asgi-lifespan = ">=2.1"
        pytest-asyncio = ">=0.26"
        """,
    ),
    "requirements": (
        "requirements-dev.txt",
        """
        -r requirements.txt
        pytest-asyncio==0.21.1
        pytest>=8  # runs all
        """,
        """
        -r requirements.txt
        pytest-asyncio>=0.26
        pytest>=8  # runs all
        httpx>=0.28
        asgi-lifespan>=2.1
        """,
    ),
    "releases that are new enough": (
        "requirements.txt",
        "pytest\npytest-asyncio~=1.2\nhttpx==0.28.1\nasgi-lifespan\n",
        "pytest\npytest-asyncio~=1.2\nhttpx==0.28.1\nasgi-lifespan\n",
    ),
    "what a tool wrote": (
        "requirements.txt",
        "pytest==8.0 \\\n    --hash=sha256:00\npytest-asyncio==0.21 \\\n    --hash=sha256:11\n",
        "pytest==8.0 \\\n    --hash=sha256:00\npytest-asyncio==0.21 \\\n    --hash=sha256:11\n",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_settings(name: str) -> None:
    before, after = FILES[name]
    assert _after(before) == after


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements(name: str) -> None:
    path, before, after = REQUIREMENTS[name]
    before, after = (textwrap.dedent(each).lstrip("\n") for each in (before, after))
    assert _after({**SETTLED, path: before})[path] == after


@pytest.mark.parametrize("folder", ["tests", "tests/v1", "tests/v1/orders", "server/tests/api"])
def test_a_new_file_stands_where_pytest_looks_whichever_tests_are_run(folder: str) -> None:
    move = modernize(_sources({f"{folder}/test_it.py": TEST}), Options(), (step_of_tests,))
    top = "server/" if folder.startswith("server") else ""
    assert set(move.after.changed()) == {f"{top}pytest.ini"}


def test_nothing_without_an_async_test() -> None:
    move = modernize(
        _sources({"tests/test_it.py": "def test():\n    pass\n", "pytest.ini": "[pytest]\n"}),
        Options(),
        (step_of_tests,),
    )
    assert move.after.changed() == {}


def _after(files: dict[str, str]) -> dict[str, str]:
    """Give what the step makes of files that configure; it does nothing more when it comes again."""
    first = modernize(_sources({"tests/test_it.py": TEST, **files}), Options(), (step_of_tests,))
    again = modernize(_sources(dict(first.after.texts)), Options(), (step_of_tests,))
    assert again.after.changed() == {}
    return {path: text for path, text in first.after.texts.items() if not path.endswith(".py")}


def _sources(texts: dict[str, str]) -> Sources:
    originals = {path: text.encode() for path, text in texts.items()}
    return Sources(Path("/nowhere"), texts, originals)
