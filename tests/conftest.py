import signal
from pathlib import Path

import hypothesis
import pytest

from async_db.rules import Rule, load_rules
from async_db.scaffold.rendering import Tree, render_project

ROOT = Path(__file__).resolve().parent.parent

# A shell that starts us in the background has us ignore Ctrl-C, and all that we start inherits it.
signal.signal(signal.SIGINT, signal.default_int_handler)


# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("pack", deadline=None)
hypothesis.settings.load_profile("pack")


@pytest.fixture(scope="session")
def root() -> Path:
    """The pack's folder."""
    return ROOT


@pytest.fixture(scope="session")
def rules() -> tuple[Rule, ...]:
    return load_rules(ROOT / "references")


@pytest.fixture(scope="session")
def scaffold() -> Tree:
    """The rendered service with default options, which the references show."""
    return render_project(ROOT / "templates", {})
