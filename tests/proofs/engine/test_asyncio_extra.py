import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

# Imports the service where greenlet is not installed, or where it is.
IMPORT = """
import sys
if {greenlet!r} == "none":
    sys.modules["greenlet"] = None
import app.main
"""


@pytest.mark.rule("engine/asyncio-extra")
def test_what_the_service_requires_brings_greenlet() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    installed = brought_by(project["dependencies"])
    greenlet = "installed" if "greenlet" in installed else "none"

    script = IMPORT.format(greenlet=greenlet)
    done = subprocess.run(  # noqa: S603 (our own script)
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    said = done.stderr.strip().splitlines()[-1:]
    observed = f"greenlet: {greenlet}; import app.main: {said[0] if said else 'done'}"
    assert observed == "greenlet: installed; import app.main: done", observed


def brought_by(dependencies: list[str]) -> set[str]:
    """Name the distributions that these bring along, themselves included, as an installer would."""
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(dependency) for dependency in dependencies]
    while waiting:
        wanted = waiting.pop()
        for extra in ("", *wanted.extras):
            if (wanted.name.lower(), extra) in seen:
                continue
            seen.add((wanted.name.lower(), extra))
            waiting += [
                further
                for further in map(Requirement, required_by(wanted.name))
                if further.marker is None or further.marker.evaluate({"extra": extra})
            ]
    return {name for name, _ in seen}


def required_by(distribution: str) -> list[str]:
    try:
        return requires(distribution) or []
    except PackageNotFoundError:  # for another platform
        return []
