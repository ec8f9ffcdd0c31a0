"""Children that run pytest: what they tell, what they are given, how they end."""

import os
import time
from multiprocessing import get_all_start_methods
from pathlib import Path

import pytest

from async_db.proving.children.child import child_environment
from async_db.proving.children.job import AFTER_THE_TESTS, Job, Outcome, Report
from async_db.proving.children.prover import WARM_MODULES, Interrupted, Prover

MARKED = """\
import os, sys, warnings
import pytest

@pytest.mark.rule("a/one")
@pytest.mark.rule("a/two")
def test_passes():
    pass

@pytest.mark.rule("a/one")
def test_fails():
    raise LookupError("not here")

@pytest.fixture
def broken():
    yield
    raise OSError("broken teardown")

def test_teardown(broken):
    assert 1 == 2

@pytest.fixture
def broken_too():
    yield
    assert "rows left" == "none", "there were rows left"

def test_two_teardowns(broken, broken_too):
    pass

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass

@pytest.mark.xfail(reason="known")
def test_expected():
    raise ValueError
"""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    project, scratch = tmp_path / "project", tmp_path / "scratch"
    (project / "tests").mkdir(parents=True)
    scratch.mkdir()
    (project / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\n"
        'addopts = "--strict-markers"\n'
        'asyncio_default_fixture_loop_scope = "function"\n'
        'filterwarnings = ["error"]\n',
        encoding="utf-8",
    )
    return Job(project, ("tests",), "sqlite:///nowhere", scratch, (tmp_path / "helpers",))


def run(job: Job, tests: str, timeout: float = 60.0) -> Report:
    (job.project / "tests" / "test_it.py").write_text(tests, encoding="utf-8")
    return Prover(timeout).run(job)


def test_each_test_is_told_with_its_rules_and_messages(job: Job) -> None:
    report = run(job, MARKED)

    assert (report.problem, report.running, report.unusable) == (None, None, None)
    outcomes = {outcome.test.partition("::")[2]: outcome for outcome in report.outcomes}
    assert outcomes["test_passes"].rules == {"a/one", "a/two"}
    told = {name: (outcome.status, outcome.messages) for name, outcome in outcomes.items()}
    assert told == {
        "test_passes": ("passed", ()),
        "test_fails": ("failed", ("LookupError: not here",)),
        "test_two_teardowns": (
            "failed",
            ("OSError: broken teardown; AssertionError: there were rows left",),
        ),
        "test_teardown": ("failed", ("assert 1 == 2", "OSError: broken teardown")),
        "test_skipped": ("skipped", ("Skipped: not today",)),
        "test_expected": ("skipped", ("expected to fail: known",)),
    }


def test_a_file_that_cannot_be_imported_is_a_failure(job: Job) -> None:
    (job.project / "tests" / "test_more.py").write_text("def test_more(): pass\n", encoding="utf-8")

    report = run(job, "import nowhere_to_be_found\n")

    assert report.unusable is None
    told = [(outcome.test, outcome.status, outcome.messages) for outcome in report.outcomes]
    assert told == [
        (
            "tests/test_it.py",
            "failed",
            ("ModuleNotFoundError: No module named 'nowhere_to_be_found'",),
        ),
        ("tests/test_more.py::test_more", "passed", ()),
    ]


def test_a_child_has_only_what_it_is_given(job: Job) -> None:
    (helpers,) = job.python_path
    helpers.mkdir()
    (helpers / "helper_of_proofs.py").write_text("", encoding="utf-8")
    (job.project / "package_of_project.py").write_text("", encoding="utf-8")
    report = run(
        job,
        "import os, subprocess, sys\n"
        "import helper_of_proofs, package_of_project\n"
        "def test_it(tmp_path):\n"
        f"    assert os.getcwd() == {str(job.project)!r}\n"
        "    assert os.environ['TEST_DATABASE_URL'] == 'sqlite:///nowhere'\n"
        "    assert sys.dont_write_bytecode\n"
        f"    assert str(tmp_path).startswith({str(job.scratch)!r})\n"
        "    code = 'import helper_of_proofs, package_of_project'\n"
        "    subprocess.run([sys.executable, '-c', code], check=True)\n",
    )

    assert [outcome.messages for outcome in report.outcomes] == [()]
    assert list(job.project.rglob("__pycache__")) == []
    assert "1 passed" in job.log.read_text(encoding="utf-8")


@pytest.mark.skipif("forkserver" not in get_all_start_methods(), reason="there is no fork")
def test_what_proofs_import_is_there_already(job: Job) -> None:
    report = run(
        job,
        "import sys\n"
        "def test_it():\n"
        f"    assert [name for name in {WARM_MODULES!r} if name not in sys.modules] == []\n",
    )

    assert [outcome.messages for outcome in report.outcomes] == [()]


def test_other_databases_are_kept_from_a_child(job: Job) -> None:
    environment = {
        "DATABASE_URL": "x",
        "app_database_url": "x",
        "PGHOST": "x",
        "PYTEST_ADDOPTS": "-x",
        "TEST_DATABASE_URL": "x",
        "HOME": "/home",
        "PYTHONPATH": "own",
    }

    given = child_environment(environment, job)

    paths = os.pathsep.join([str(job.project), str(job.python_path[0]), "own"])
    assert given == {
        "HOME": "/home",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": paths,
        "TEST_DATABASE_URL": "sqlite:///nowhere",
    }


def test_a_child_that_dies_has_crashed(job: Job) -> None:
    report = run(
        job,
        "import os, signal\n"
        "def test_first(): pass\n"
        "def test_second(): os.kill(os.getpid(), signal.SIGSEGV)\n",
    )

    assert report.problem == "crashed: ended by SIGSEGV"
    assert [outcome.test for outcome in report.outcomes] == ["tests/test_it.py::test_first"]
    assert report.running == Outcome("tests/test_it.py::test_second", frozenset(), "failed")


def test_a_child_that_hangs_is_ended_with_all_that_it_started(job: Job) -> None:
    pids = job.scratch / "pids"
    report = run(
        job,
        "import os, subprocess, time\n"
        "def test_it():\n"
        "    sleep = subprocess.Popen(['sleep', '600'])\n"
        f"    open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{sleep.pid}}')\n"
        "    time.sleep(600)\n",
        timeout=1,
    )

    assert report.problem == "timed out after 1 s"
    assert_ended(pids)


def test_what_tests_leave_running_ends_with_them(job: Job) -> None:
    pids = job.scratch / "pids"
    report = run(
        job,
        "import pathlib, subprocess\n"
        "def test_it():\n"
        "    sleep = subprocess.Popen(['sleep', '600'])\n"
        "    sleep.returncode = 0\n"
        f"    pathlib.Path({str(pids)!r}).write_text(str(sleep.pid))\n",
    )

    assert [outcome.status for outcome in report.outcomes] == ["passed"]
    assert_ended(pids)


def assert_ended(pids: Path) -> None:
    for pid in pids.read_text(encoding="utf-8").split():
        deadline = time.monotonic() + 10
        while is_running(int(pid)):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Say whether a process still runs; one that nobody has reaped yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_who_no_longer_wants_a_run_gets_none(job: Job) -> None:
    (job.project / "tests" / "test_it.py").write_text(
        "import time\ndef test_it(): time.sleep(600)\n", encoding="utf-8"
    )

    with pytest.raises(Interrupted):
        Prover(interrupted=lambda: True).run(job)


def test_a_conftest_that_cannot_be_imported_is_told(job: Job) -> None:
    (job.project / "tests" / "conftest.py").write_text("1 / 0\n", encoding="utf-8")

    report = run(job, "def test_it(): pass\n")

    assert report.unusable == "pytest gave up: ZeroDivisionError: division by zero"
    assert report.outcomes == ()


def test_that_pytest_gave_up_is_told_without_how_long_it_took(job: Job) -> None:
    (job.project / "tests" / "conftest.py").write_text(
        "def pytest_sessionfinish(session): session.exitstatus = 3\n",
        encoding="utf-8",
    )

    report = run(job, "")

    assert report.unusable == "pytest gave up: no tests ran"


def test_what_is_found_after_the_tests_is_told(job: Job) -> None:
    report = run(
        job,
        "import warnings\n"
        "class Leak:\n"
        "    def __del__(self): warnings.warn('never closed', ResourceWarning)\n"
        "kept = Leak()\n"
        "def test_leak():\n"
        "    global kept\n"
        "    cycle = [kept]\n"
        "    cycle.append(cycle)\n"
        "    kept = None\n",
    )

    assert (report.problem, report.unusable) == (None, None)
    told = [(outcome.test, outcome.status, outcome.messages) for outcome in report.outcomes]
    assert told[-1] == (AFTER_THE_TESTS, "failed", ("ResourceWarning: never closed",))
    assert [status for _, status, _ in told[:-1]] == ["passed"]
