"""Small services as people have them, and layers that are written into them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from async_db.scaffold import Given, Job, Wish, prepare, write
from helpers.forks import run_module
from helpers.rendered import MANIFEST, TEMPLATES

HOUSES = Path(__file__).resolve().parents[1] / "houses"
NAMES = sorted(folder.name for folder in HOUSES.iterdir() if folder.is_dir())
EVERY_LAYER = (
    *("settings", "base", "engine", "session", "retrying", "repository"),
    *("errors", "health", "logging", "fixtures", "models", "routes", "tests"),
)
SHIPMENT = {"model": "Shipment"}
"""A model that none of the services has."""
DIFFERENT: dict[str, dict[str, str]] = {
    "plain": {},
    "manager": {"wiring": "manager"},
    "modern-di": {"wiring": "modern-di"},
    "tenancy": {"tenancy": "schema", "database": "postgresql"},
    "replica": {"replica": "read"},
    "outbox": {"reporting": "outbox"},
}
"""What changes most layers, each alone."""
_ALWAYS = ("sqlmodel", "plain")
"""What differs most from the scaffold; the others are for --exhaustive."""
_ON_SQLITE = ("by_domain", "flat", "of_old", "sqlmodel")
"""Those whose own URL names a database without schemas."""


def houses_and_options() -> list[object]:
    """Give each service with what changes layers, as far as it can have that."""
    return [
        pytest.param(
            name,
            different,
            marks=[] if (name, different) == _ALWAYS else pytest.mark.exhaustive,
        )
        for name in NAMES
        for different in DIFFERENT
        if not (different == "tenancy" and name in _ON_SQLITE)
    ]


def layers_for(different: str) -> tuple[list[str], Given]:
    """Give every layer, and what is asked for besides."""
    besides = {"tenancy": ["tenancy"], "outbox": ["reporting"]}.get(different, [])
    return [*EVERY_LAYER, *besides], Given(options={**SHIPMENT, **DIFFERENT[different]})


def house(folder: Path, name: str) -> Path:
    """Copy one of the services into a folder, and give where it is."""
    return Path(shutil.copytree(HOUSES / name, folder / name))


def job(target: Path, *layers: str, given: Given | None = None, replacing: bool = False) -> Job:
    """Prepare layers for a project."""
    return prepare(TEMPLATES, MANIFEST, Wish(target, True, layers, given or Given(), replacing))


def written_into(target: Path, *layers: str, given: Given | None = None) -> Job:
    """Write layers into a project."""
    done = job(target, *layers, given=given)
    write(done.plan)
    return done


def sources(target: Path) -> list[str]:
    """Give what a type checker is told to look at: a package below `src` is found by its name."""
    return ["src", "tests"] if (target / "src/acme").is_dir() else ["."]


def run_its_tests(target: Path, url: str = "") -> str:
    """Run all tests of a project as its people do, and give what pytest said."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=target,
        env={**os.environ, "TEST_DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_types(target: Path, cache: Path) -> None:
    """Run mypy in a project, and show what it finds."""
    given = ("--cache-dir", str(cache), "--ignore-missing-imports", *sources(target))
    done = run_module(target, "mypy", given, dict(os.environ))
    assert done.returncode == 0, done.stdout


def run_code(target: Path, code: str, path: Sequence[str] = (".",)) -> str:
    """Run a program in a project's folder, and give what it printed."""
    done = subprocess.run(  # noqa: S603 (our own interpreter, arguments as a list)
        [sys.executable, "-W", "error", "-c", code],
        cwd=target,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
