"""Runs of pytest with `-p async_db_observe`."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from helpers import forks

PLUGIN = Path(__file__).resolve().parents[2] / "scripts/pytest_plugin"


def run_pytest(
    project: Path, *arguments: str, plugin: bool = True, alone: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a project's tests, watched unless told otherwise.

    Args:
        project: its folder.
        arguments: of pytest.
        plugin: whether they are watched.
        alone: in an interpreter of their own, as a service's tests are, with nothing imported
            before; else in a fork of one that has imported what services stand on. With workers,
            which no fork can start, they always are.
    """
    options = ["-p", "async_db_observe"] if plugin else []
    environment = {
        **os.environ,
        "PYTHONPATH": f"{PLUGIN}{os.pathsep}{project}",
        "TEST_DATABASE_URL": f"sqlite:///{project / 'test.db'}",
    }
    if not alone and "-n" not in arguments:
        return forks.run_pytest(project, (*options, *arguments), environment)
    return subprocess.run(  # noqa: S603 (our own tools, arguments as a list)
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def observed_findings(
    project: Path, *arguments: str, passing: bool = False
) -> list[dict[str, Any]]:
    """Run a project's tests, all `passing` or not, and give what observe has found, case by case."""
    done = run_pytest(project, "--observe-format=json", "--observe-output=found.json", *arguments)
    output = project / "found.json"
    assert output.exists(), done.stdout + done.stderr
    assert not passing or done.returncode == 0, done.stdout + done.stderr
    assert "observe did not see everything" not in done.stdout
    return [
        each for card in json.loads(output.read_text("utf-8"))["findings"] for each in _cases(card)
    ]


def _cases(card: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what was seen at a place one by one: on each route and with each message."""
    seen = card.pop("seen", [{}])
    return [
        {key: value for key, value in {**card, **case}.items() if key != "route" or value}
        for case in seen
    ]


def findings_in(project: Path, service: str, tests: str) -> list[dict[str, Any]]:
    """Make a project of one module and tests that pass, and give what observe finds in it."""
    write_project(project, service, tests)
    return observed_findings(project, passing=True)


def write_project(project: Path, service: str, tests: str) -> None:
    """Write a project of one module, `service`, and one file of tests."""
    (project / "service.py").write_text(service)
    (project / "test_service.py").write_text(tests)
    (project / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")


def outcomes(done: subprocess.CompletedProcess[str]) -> str:
    """Give how many tests passed, failed and so on, as pytest says it."""
    last = [line for line in done.stdout.splitlines() if re.search(r" in [\d.]+s", line)][-1]
    return re.sub(r"(, \d+ warnings?)? in .*", "", last)
