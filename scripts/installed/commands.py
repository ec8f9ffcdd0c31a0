"""The skill as a wheel brings it, and its commands.

The skill lies in `.agents/skills/` beside this file, where agents look for it. Its pytest plugin is
on the path and off until it is asked for: `pytest -p async_db_observe`.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

SKILL = Path(__file__).parent / ".agents/skills/fastapi-async-sqlalchemy-modernization"


def audit() -> NoReturn:
    """Read a service's source, and say what to change."""
    _become("audit")


def faults() -> NoReturn:
    """Put real faults on a real service."""
    _become("faults")


def modernize() -> NoReturn:
    """Move a sync service to async."""
    _become("modernize")


def observe() -> NoReturn:
    """Watch a service's database layer while it runs."""
    _become("observe")


def render() -> NoReturn:
    """Render the scaffold, whole or into a service."""
    _become("render")


def verify() -> NoReturn:
    """Prove every rule of the pack."""
    _become("verify")


def with_postgres() -> NoReturn:
    """Run a command with a PostgreSQL of its own."""
    _become("with_postgres")


def _become(name: str) -> NoReturn:
    script = str(SKILL / "scripts" / f"{name}.py")
    os.execv(sys.executable, [sys.executable, script, *sys.argv[1:]])  # noqa: S606 (our own script)
