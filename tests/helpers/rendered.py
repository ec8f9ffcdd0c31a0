"""Rendered projects, and what is run in them."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

from async_db.scaffold import (
    OptionError,
    Tree,
    check_options,
    plan_writing,
    read_manifest,
    render_project,
    write,
)
from helpers.forks import run_module, run_pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
MANIFEST = read_manifest(TEMPLATES)
FEATURES = MANIFEST.options["with"].allowed
ALL_FEATURES = ",".join(FEATURES)
SHORT = {"package": "app", "model": "Order"}
LONG = {
    "package": "a_rather_long_package_name_for_a_service",
    "model": "PurchaseOrderRevision",
}

Options = dict[str, str]


def combinations() -> list[Options]:
    """Give every combination of choices that go together, leaving sets and names as they are."""
    options = MANIFEST.options.values()
    choices = {option.name: option.allowed for option in options if option.kind == "choice"}
    products = itertools.product(*choices.values())
    every = [dict(zip(choices, product, strict=True)) for product in products]
    return [chosen for chosen in every if _go_together(chosen)]


def _go_together(options: Options) -> bool:
    try:
        check_options(MANIFEST.options, options)
    except OptionError:
        return False
    return True


def rendered(**options: str) -> Tree:
    """Render the scaffold; `with_` is the option `with`."""
    return render_project(TEMPLATES, {name.rstrip("_"): text for name, text in options.items()})


def written(folder: Path, **options: str) -> Path:
    """Render the scaffold into a folder, which is given back; `with_` is the option `with`."""
    write(plan_writing(folder, rendered(**options)))
    return folder


def named(options: Options) -> str:
    """Give the name of a test with these options: what is not the default."""
    known = MANIFEST.options
    chosen = [text for name, text in options.items() if text != known[name.rstrip("_")].default]
    return "-".join(chosen) or "default"


def run(folder: Path, *command: str, **environment: str) -> None:
    """Run a Python module in a folder, and show what it says if it does not succeed."""
    done = subprocess.run(  # noqa: S603 (our own tools, arguments as a list)
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def check_types(folder: Path, cache: Path, *arguments: str, **environment: str) -> None:
    """Run mypy in a folder, on a cache that all runs share, and show what it finds."""
    command = ("--cache-dir", str(cache), *(arguments or (".",)))
    done = run_module(folder, "mypy", command, {**os.environ, **environment})
    assert done.returncode == 0, done.stdout


def run_its_tests(folder: Path, url: str) -> None:
    """Run a rendered project's own tests on a database; without a URL, on what they make."""
    if url:
        done = run_pytest(folder, (), {**os.environ, "TEST_DATABASE_URL": url})
        assert done.returncode == 0, done.stdout
    else:
        run(folder, "pytest", "-q", "-p", "no:cacheprovider", TEST_DATABASE_URL="")


def run_its_tests_on_sqlite(folder: Path) -> None:
    """Run a rendered project's own tests on a file beside it."""
    run_its_tests(folder, f"sqlite:///{folder.parent / 'test.db'}")
