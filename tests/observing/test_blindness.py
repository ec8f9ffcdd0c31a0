"""What was not seen is said wherever findings are told, and fails a run that is to fail."""

import json
import subprocess
from pathlib import Path

import pytest

from helpers.observing import outcomes, run_pytest, write_project
from helpers.sync_service import SYNC_SERVICE, SYNC_TESTS

PASSING = "--deselect=test_service.py::test_that_fails"
FAILING = "--observe-fail-on=proven"
# What the plugin needs is not there, as with a release of SQLAlchemy in which a name is another.
GIVING_UP = 'import sys\nsys.modules["async_db_observe_pack.watching"] = None\n'
FORGETTING = """
import os, pytest
@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        os._exit(1)
"""
OVERRIDING = """
import pytest
from fastapi.testclient import TestClient
from service import Base, SessionLocal, app, engine, get_db


@pytest.fixture
def client():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        app.dependency_overrides[get_db] = lambda: db
        yield TestClient(app)
    app.dependency_overrides.clear()


def test_post(client):
    assert client.post("/rows").status_code == 200
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_project(tmp_path, SYNC_SERVICE, SYNC_TESTS)
    return tmp_path


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_pytest(project, PASSING, *arguments)


def test_a_watcher_that_gave_up_says_so_in_every_form(project: Path) -> None:
    (project / "broken.py").write_text(GIVING_UP)
    page = "--observe-html=out.html"
    told = {}
    for form in ("json", "sarif", "github"):
        done = run(project, "-p", "broken", f"--observe-format={form}", "--observe-output=o", page)
        assert (done.returncode, outcomes(done)) == (0, "4 passed, 1 skipped, 1 deselected")
        assert "error: observe gave up: " in done.stdout
        told[form] = (project / "o").read_text("utf-8")
    text = run(project, "-p", "broken").stdout

    (notice,) = json.loads(told["json"])["notices"]
    assert notice["level"] == "error"
    assert "observe gave up: " in notice["message"]
    (invocation,) = json.loads(told["sarif"])["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert told["github"].startswith("::error::observe gave up: ")
    assert "observe gave up: " in (project / "out.html").read_text("utf-8")
    assert "error: observe gave up: " in text
    assert "findings: not known" in text
    assert "No findings" not in text


def test_a_watcher_that_gave_up_fails_a_run_that_is_to_fail(project: Path) -> None:
    (project / "broken.py").write_text(GIVING_UP)
    assert run(project, "-p", "broken").returncode == 0
    assert run(project, "-p", "broken", FAILING).returncode == 3


@pytest.mark.parametrize("option", ["--observe-html", "--observe-output"])
def test_what_cannot_be_written_fails_no_test_but_the_run(project: Path, option: str) -> None:
    review = "--observe-fail-on=proven"
    known = ("--observe-baseline=known.json", "--observe-update-baseline")
    free, gated = run(project, f"{option}=no/x"), run(project, f"{option}=no/x", review, *known)

    for done, code in ((free, 0), (gated, 3)):
        assert (done.returncode, outcomes(done)) == (code, "4 passed, 1 skipped, 1 deselected")
        assert "error: observe cannot write no/x: No such file or directory" in done.stdout


@pytest.mark.exhaustive
def test_a_worker_that_is_lost_is_missed(project: Path) -> None:
    (project / "forgetting.py").write_text(FORGETTING)
    no_other = ("-n", "1", "--max-worker-restart=0")
    done = run(project, "-p", "forgetting", *no_other, FAILING)
    assert "a worker ended without a word" in done.stdout
    assert done.returncode != 0


def test_a_run_without_requests_shows_nothing(project: Path) -> None:
    (project / "test_service.py").write_text("def test_one():\n    assert True\n")
    done = run_pytest(project, FAILING)
    assert (done.returncode, outcomes(done)) == (3, "1 passed")
    assert "error: No request was watched" in done.stdout


def test_a_service_without_sqlalchemy_shows_nothing(project: Path) -> None:
    (project / "service.py").write_text(
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef read(): return 1\n"
    )
    (project / "test_service.py").write_text(
        "from fastapi.testclient import TestClient\nfrom service import app\n"
        "def test_one():\n    assert TestClient(app).get('/').json() == 1\n"
    )
    done = run_pytest(project, FAILING)
    assert done.returncode == 3
    assert "error: No request used SQLAlchemy" in done.stdout


def test_requests_with_a_session_of_the_tests_are_counted(project: Path) -> None:
    (project / "test_service.py").write_text(OVERRIDING)
    done = run_pytest(project, "--observe-fail-on=review", "--observe-format=json")
    assert "warning: 1 of 1 requests used a session that the tests made" in done.stdout
    assert '"level": "warning"' in done.stdout
    assert done.returncode == 0, done.stdout  # what the tests opened and closed was not judged
