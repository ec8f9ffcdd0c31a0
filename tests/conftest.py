import itertools
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from async_db.rules import Rule, load_rules
from async_db.scaffold import Tree, render_project
from async_db.servers import (
    CHROMIUM,
    GIT,
    NOT_RUN,
    PGBOUNCER,
    ThrowawayPostgres,
    throwaway_postgres,
)

ROOT = Path(__file__).resolve().parent.parent

PROGRAMS = {"browser": CHROMIUM, "git": GIT, "pgbouncer": PGBOUNCER}
"""What tests need that pip does not install, by the mark of those tests."""

# A shell that starts us in the background has us ignore Ctrl-C, and `nohup` a hang-up, and all that
# we start inherits it.
signal.signal(signal.SIGINT, signal.default_int_handler)
if sys.platform != "win32":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# How long an example takes says more of the machine than of what is tested.
hypothesis.settings.register_profile("pack", deadline=None)
hypothesis.settings.load_profile("pack")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--strict-programs",
        action="store_true",
        help="fail what cannot be run because a program is not installed, instead of skipping it",
    )
    parser.addoption(
        "--exhaustive",
        action="store_true",
        help="run what takes long too (the mark exhaustive), and render all there is, where else a "
        "few do: type every combination of options and run its own tests, and do so for every name "
        "of a model",
    )


def pytest_xdist_auto_num_workers() -> int:
    """Half the time a test waits for a program that it started."""
    return (os.cpu_count() or 1) * 3 // 2


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless it is asked for."""
    if config.getoption("--exhaustive"):
        return
    long = [item for item in items if item.get_closest_marker("exhaustive")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark, program in PROGRAMS.items():
        if item.get_closest_marker(mark) and program.find() is None:
            reason = NOT_RUN + program.missing
            if item.config.getoption("--strict-programs"):
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was not run, and what to do about it: a green run does not tell by itself."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(
        reason.partition(NOT_RUN)[2]
        for reason in (str(report.longrepr[2]) for report in skipped)
        if NOT_RUN in reason
    )
    if reasons:
        terminalreporter.section("not run")
    for reason, number in reasons.items():
        terminalreporter.line(f"{number} {'test' if number == 1 else 'tests'}: {reason}")


@pytest.fixture(scope="session")
def root() -> Path:
    """The pack's folder."""
    return ROOT


@pytest.fixture(scope="session")
def rules() -> tuple[Rule, ...]:
    return load_rules(ROOT)


@pytest.fixture(scope="session")
def scaffold() -> Tree:
    """The rendered service with default options, which the references show."""
    return render_project(ROOT / "templates", {})


@pytest.fixture(scope="session")
def server() -> Iterator[ThrowawayPostgres]:
    """A PostgreSQL for all tests of this process, which change nothing of it but what they make."""
    with throwaway_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def new_database(server: ThrowawayPostgres) -> Callable[[], str]:
    """Make an empty database on it, and give its URL, which names no driver."""
    numbers = itertools.count()

    def new_database() -> str:
        name = f"new_{next(numbers)}"
        server.create_database(name)
        return server.url(name)

    return new_database
