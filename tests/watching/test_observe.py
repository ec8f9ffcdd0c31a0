"""`pytest -p observe` on real projects: what it sees, what it leaves alone, how it tells."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import observe
from async_db.findings import Finding
from async_db.pages import Gallery, as_json, from_json
from async_db.rules import apply_to_tree
from async_db.scaffold.atomic_writing import plan_writing, write
from async_db.scaffold.rendering import render_project
from async_db.traces import Event, Trace
from async_db.watching import findings_of, is_test

ROOT = Path(observe.__file__).resolve().parent.parent
# Verification watches the proofs of all rules; here, the service's own tests show what is broken.
SEEN = ("engine/disposed-on-shutdown", "session/commit-before-response")

# Of the service's tests, those that show what is broken.
SHOWING = "created_can_be_read or taken_once or totals or commit_that_fails or other_violations"

SYNC_SERVICE = """
import os

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

# A database for each of pytest's workers, which would else drop each other's tables.
worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
engine = create_engine(f"sqlite:///{worker}.db", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)


def get_db():
    with SessionLocal() as db:
        yield db
        db.commit()


@app.get("/rows")
def read(db: Session = Depends(get_db)) -> int:
    return db.query(Row).count()


@app.post("/rows")
def add(db: Session = Depends(get_db)) -> int:
    db.add(Row())
    db.flush()
    return 1


@app.post("/forgotten")
def forget() -> int:
    with SessionLocal() as db:
        db.add(Row())
        db.flush()
    return 1


@app.post("/audited")
def audited(db: Session = Depends(get_db)) -> int:
    db.query(Row).count()
    with SessionLocal() as audit:
        audit.query(Row).count()
    return 1
"""
SYNC_TESTS = """
import pytest
from fastapi.testclient import TestClient
from service import Base, SessionLocal, Row, app, engine


@pytest.fixture
def client():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add(Row())
        db.commit()
    return TestClient(app)


def test_read(client):
    assert client.get("/rows").json() == 1


@pytest.mark.parametrize("path", ["/rows", "/forgotten", "/audited"])
def test_post(client, path):
    assert client.post(path).status_code == 200


def test_that_fails():
    assert 1 == 2


@pytest.mark.skip(reason="not today")
def test_skipped():
    pass
"""


def run(project: Path, *arguments: str, plugin: bool = True) -> subprocess.CompletedProcess[str]:
    paths = [str(ROOT / "scripts"), str(project)]
    options = ["-p", "observe"] if plugin else []
    return subprocess.run(  # noqa: S603 (our own tools, arguments as a list)
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *arguments],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "TEST_DATABASE_URL": f"sqlite:///{project / 'test.db'}",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def findings(project: Path, *arguments: str) -> list[dict[str, Any]]:
    done = run(project, "--observe-format=json", "--observe-output=found.json", *arguments)
    found = project / "found.json"
    assert found.exists(), done.stdout + done.stderr
    told: list[dict[str, Any]] = json.loads(found.read_text("utf-8"))["findings"]
    return told


def outcomes(done: subprocess.CompletedProcess[str]) -> str:
    last = [line for line in done.stdout.splitlines() if re.search(r" in [\d.]+s", line)][-1]
    return re.sub(r"(, \d+ warnings?)? in .*", "", last)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("observed") / "service"
    write(plan_writing(folder, render_project(ROOT / "templates", {"database": "sqlite"})))
    return folder


@pytest.fixture
def project(rendered: Path, tmp_path: Path) -> Path:
    shutil.copytree(rendered, tmp_path / "service")
    return tmp_path / "service"


@pytest.fixture
def sync_project(tmp_path: Path) -> Path:
    (tmp_path / "service.py").write_text(SYNC_SERVICE)
    (tmp_path / "test_service.py").write_text(SYNC_TESTS)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
    )
    return tmp_path


def test_nothing_is_found_in_the_rendered_service(project: Path) -> None:
    done = run(project)
    assert done.returncode == 0, done.stdout
    watched = re.search(r"(\d+) requests watched, findings: none", done.stdout)
    assert watched, done.stdout
    assert int(watched[1]) > 50


@pytest.mark.parametrize("broken", SEEN)
def test_what_people_write_is_found(project: Path, broken: str) -> None:
    apply_to_tree((ROOT / f"tests/counterexamples/{broken}.patch").read_text("utf-8"), project)

    found = findings(project, "-k", SHOWING)

    proven = [finding for finding in found if finding["rule"] == broken]
    assert proven, found
    assert {finding["grade"] for finding in proven} & {"proven"}
    assert all((project / finding["path"]).is_file() for finding in proven)


def test_a_sync_service_under_testclient(sync_project: Path) -> None:
    found = findings(sync_project)

    told = {(finding["rule"], finding["grade"], finding["route"]) for finding in found}
    assert told == {
        ("session/commit-before-response", "proven", "POST /rows"),
        ("session/commit-before-response", "proven", "POST /forgotten"),
        ("pooling/one-connection-per-request", "proven", "POST /audited"),
    }
    (late,) = (finding for finding in found if finding["route"] == "POST /rows")
    line = SYNC_SERVICE.splitlines()[late["line"] - 1]
    assert (late["path"], line.strip()) == ("service.py", "db.commit()")
    order = [entry.lstrip("> ").split()[0] for entry in late["evidence"]]
    assert order.index("response.start") < order.index("unit.commit")


def test_the_outcomes_stay_what_they_were(sync_project: Path) -> None:
    without, watched = run(sync_project, plugin=False), run(sync_project)
    assert outcomes(watched) == outcomes(without) == "1 failed, 4 passed, 1 skipped"
    assert watched.returncode == without.returncode == 1


def test_workers_tell_what_they_found(sync_project: Path) -> None:
    found = findings(sync_project, "-n", "2", "--deselect=test_service.py::test_that_fails")
    assert {finding["route"] for finding in found} >= {"POST /rows"}


def test_findings_fail_the_run_only_if_told_to(sync_project: Path) -> None:
    passing = ("--deselect=test_service.py::test_that_fails",)
    assert run(sync_project, *passing).returncode == 0
    assert run(sync_project, "--observe-fail-on=proven", *passing).returncode == 1


def test_known_findings_are_not_told_again(sync_project: Path) -> None:
    passing = ("--deselect=test_service.py::test_that_fails", "--observe-fail-on=proven")
    baseline = "--observe-baseline=known.json"
    run(sync_project, baseline, "--observe-update-baseline", *passing)
    assert (sync_project / "known.json").exists()

    done = run(sync_project, baseline, *passing)

    assert done.returncode == 0, done.stdout
    assert "findings: none" in done.stdout


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_other_forms(sync_project: Path, form: str) -> None:
    run(sync_project, f"--observe-format={form}", "--observe-output=found.txt")
    text = (sync_project / "found.txt").read_text("utf-8")
    if form == "sarif":
        results = json.loads(text)["runs"][0]["results"]
        assert {result["ruleId"] for result in results} >= {"session/commit-before-response"}
    else:
        assert "::error file=service.py,line=" in text


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_page_shows_what_offends(sync_project: Path, workers: tuple[str, ...]) -> None:
    done = run(sync_project, "--observe-html=out.html", *workers)
    assert "4 requests watched, findings: 3 proven" in done.stdout
    assert "Error" not in done.stdout.replace("AssertionError", "")

    page = (sync_project / "out.html").read_text("utf-8")
    assert page.count("<svg") >= 4
    for shown in ("POST /rows", "GET /rows", "session/commit-before-response", "service.py:"):
        assert shown in page


def test_a_page_that_cannot_be_written_fails_no_test(sync_project: Path) -> None:
    done = run(sync_project, "--observe-html=nowhere/out.html")
    assert outcomes(done) == "1 failed, 4 passed, 1 skipped"
    assert "warning: observe gave up: FileNotFoundError" in done.stdout


def test_the_gallery_keeps_few_of_many() -> None:
    gallery = Gallery()
    for number in range(1, 400):
        took = number if number < 300 else 1
        events = (
            Event("executed", 0.0, 1, asked=-(2**62)),
            Event("response.start", 0.0, 1, detail="200"),
            Event("request.end", took, 1),
        )
        late = Finding("session/one-per-request", "proven", "a.py", number % 30, "m", "a")
        trace = Trace(
            number,
            "GET /x",
            "",
            events,
            foreign=frozenset({1}),
            pools=((2, 3),),
            shared=((4, "a.py:1"),),
            working=frozenset({5}),
        )
        gallery.add(trace, [late] if number % 2 else [])

    shown = list(from_json(as_json(gallery.shown())))

    assert [each.reason for each in gallery.shown()].count("slowest") <= 1
    assert len(shown) <= 21
    assert max(trace.events[-1].at for trace, _ in shown) == 299
    assert shown == [(each.trace, list(each.findings)) for each in gallery.shown()]


def test_a_fault_of_the_plugin_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no such thing")

    monkeypatch.setattr("async_db.watching.Observer", fail)
    plugin = observe.Plugin(pytestconfig)
    assert plugin._problem == "observe gave up: OSError: no such thing"
    plugin.pytest_unconfigure()


def test_a_fault_while_watching_reaches_no_test(
    sync_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = sync_project / "faulty.py"
    plugin.write_text(
        "from async_db.watching import Observer\n"
        "def fail(*_):\n    raise LookupError('lost')\n"
        "Observer._on_session_made = fail\n"
        "Observer._examine = fail\n"
        "Observer._on_statement = fail\n"
    )
    done = run(sync_project, "-p", "faulty")
    assert outcomes(done) == "1 failed, 4 passed, 1 skipped", done.stdout
    assert (
        "observe did not see everything: LookupError: lost (faulty.py:3)"
        in done.stdout + done.stderr
    )


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("tests/helpers.py:3", True),
        ("conftest.py:3", True),
        ("app/test_x.py:3", True),
        ("app/contest.py:3", False),
        ("app/testing.py:3", False),
    ],
)
def test_lines_of_tests_are_told_apart(place: str, expected: bool) -> None:
    assert is_test(place) is expected


def traced(*events: Event, **more: Any) -> Trace:
    return Trace(1, "POST /x", "app/x.py:1", events, **more)


def event(kind: Any, **more: Any) -> Event:
    return Event(kind, 0.0, 1, **more)


WRITE = event("statement", session=1, detail="INSERT", writes=True)
READ = event("statement", session=1, detail="SELECT")
SAVEPOINT = event("statement", session=1, detail="SAVEPOINT one")
BACK = event("statement", session=1, detail="ROLLBACK TO SAVEPOINT one")
COMMIT = event("unit.commit", session=1)
OWN_BLOCK = event("unit.commit", session=1, detail="own block")
CREATED = event("response.start", detail="201")


@pytest.mark.parametrize(
    ("events", "rules"),
    [
        ((WRITE, COMMIT, CREATED), []),
        ((WRITE, CREATED, COMMIT), ["session/commit-before-response"]),
        ((READ, CREATED, COMMIT), []),
        ((READ, CREATED, WRITE, COMMIT), ["session/commit-before-response"]),
        ((CREATED, WRITE, COMMIT), []),  # a background task's own
        ((WRITE, CREATED), ["session/commit-before-response"]),
        ((WRITE, event("unit.rollback", session=1), CREATED), []),
        (
            (WRITE, COMMIT, event("response.start", detail="500")),
            ["session/roll-back-on-any-error"],
        ),
        ((READ, COMMIT, event("response.start", detail="404")), []),
        ((WRITE, OWN_BLOCK, event("response.start", detail="502")), []),
        ((SAVEPOINT, WRITE, BACK, CREATED, COMMIT), []),
        ((WRITE, SAVEPOINT, BACK, CREATED, COMMIT), ["session/commit-before-response"]),
    ],
)
def test_the_order_of_events_decides(events: tuple[Event, ...], rules: list[str]) -> None:
    assert [finding.rule for finding in findings_of(traced(*events))] == rules


def test_the_sessions_of_tests_are_not_the_services_fault() -> None:
    assert findings_of(traced(WRITE, CREATED, COMMIT, foreign=frozenset({1}))) == []


def checkout(connection: int, pool: int, **more: Any) -> Event:
    return event("checkout", connection=connection, pool=pool, **more)


def checkin(connection: int, **more: Any) -> Event:
    return event("checkin", connection=connection, pool=1, **more)


def rules_of(*events: Event, **more: Any) -> list[tuple[str, str]]:
    """Give what is found in a request that is answered with 200 before the last of the events."""
    return [(finding.rule, finding.grade) for finding in findings_of(traced(*events, **more))]


@pytest.mark.parametrize(
    ("pools", "second", "expected"),
    [
        (((1, 5),), 1, ["pooling/one-connection-per-request"]),
        (((1, 5), (2, 5)), 2, []),
        ((), 1, []),
    ],
)
def test_a_second_checkout_counts_where_the_pool_is_limited(
    pools: tuple[tuple[int, int], ...], second: int, expected: list[str]
) -> None:
    found = rules_of(
        checkout(1, 1), checkout(2, second), checkin(2), checkin(1), CREATED, pools=pools
    )
    assert [rule for rule, _ in found] == expected


def test_two_units_of_work_on_a_tests_connection_need_two_connections() -> None:
    def unit(kind: Any, session: int) -> Event:
        return event(kind, session=session, connection=1)

    nested = (
        unit("unit.begin", 1),
        unit("unit.begin", 2),
        unit("unit.end", 2),
        unit("unit.end", 1),
    )
    in_turn = (
        unit("unit.begin", 1),
        unit("unit.end", 1),
        unit("unit.begin", 2),
        unit("unit.end", 2),
    )

    assert rules_of(*nested) == [("pooling/one-connection-per-request", "proven")]
    assert rules_of(*in_turn) == []
    assert rules_of(*nested, foreign=frozenset({1})) == []


def test_a_wait_for_the_pool_is_told_with_its_length() -> None:
    wait = Event("wait", 1.0, 1, task=1, pool=1)
    gets_one = Event("checkout", 1.25, 1, task=1, connection=1, pool=1)
    refused = Event("error", 1.25, 1, task=1, pool=1, detail="TimeoutError")

    (waited,) = findings_of(traced(wait, gets_one, checkin(1)))
    (lost,) = findings_of(traced(wait, refused))

    assert (waited.rule, waited.grade) == ("pooling/watch-the-pool", "proven")
    assert "waits 250 ms for a connection:" in waited.message
    assert "waits 250 ms for a connection and gets none:" in lost.message


def test_a_wait_of_one_that_holds_a_connection_is_a_second_checkout() -> None:
    found = rules_of(checkout(1, 1), event("wait", pool=1), checkin(1), pools=((1, 1),))
    assert found == [("pooling/one-connection-per-request", "proven")]


def test_a_connection_that_stays_out_is_told_by_when_it_was_taken() -> None:
    begin = event("unit.begin", session=1, connection=1)

    assert rules_of(checkout(1, 1), begin, CREATED) == [("session/no-async-for-sessions", "proven")]
    assert rules_of(begin, CREATED) == [("session/no-async-for-sessions", "proven")]
    assert rules_of(CREATED, checkout(1, 1)) == [("session/own-session-outside-requests", "proven")]
    assert rules_of(checkout(1, 1, source="tests/test_x.py:1"), CREATED) == []
    assert rules_of(checkout(1, 1, task=7), CREATED, working=frozenset({7})) == []


def load(what: str) -> Event:
    return event("load", session=1, detail=what)


LAZY_IN_SYNC = ("loading/no-lazy-loads", "review")
MISSING = event("error", detail="StatementError: greenlet_spawn has not been called")
SYNC_READ = event("statement", session=1, detail="SELECT", sync=True)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((load("relationship P.kids"), MISSING), [("loading/no-lazy-loads", "proven")]),
        ((COMMIT, load("expired columns"), MISSING), [("session/no-expire-on-commit", "proven")]),
        ((load("expired columns"), MISSING), [("loading/no-lazy-loads", "proven")]),
        ((load("relationship P.kids"), SYNC_READ), [LAZY_IN_SYNC]),
        ((load("relationship P.kids"), READ), []),  # awaitable_attrs, run_sync
        ((load("relationship P.kids"), event("begin"), SYNC_READ), [LAZY_IN_SYNC]),
        ((load("relationship P.kids"), COMMIT), [("loading/no-lazy-loads", "proven")]),
        (
            (event("error", detail="'P.kids' is not available due to lazy='raise'"),),
            [("loading/no-lazy-loads", "proven")],
        ),
        (
            (event("error", detail="x; attribute refresh operation cannot proceed"),),
            [("session/no-expire-on-commit", "proven")],
        ),
        (
            (event("error", detail="lazy load operation of attribute 'kids' cannot proceed"),),
            [("loading/no-lazy-loads", "proven")],
        ),
    ],
)
def test_loads_by_reading(events: tuple[Event, ...], expected: list[tuple[str, str]]) -> None:
    assert rules_of(*events) == expected


def test_one_query_many_times() -> None:
    one_by_one = ("loading/no-n-plus-one", "suspected")
    page = event("statement", session=1, detail="SELECT x ORDER BY id LIMIT 5")
    of_another = event("statement", session=2, detail="SELECT")
    lazily = (load("relationship P.kids"), SYNC_READ, event("executed"))

    different = [replace(READ, asked=number) for number in range(1, 6)]

    assert rules_of(*different) == [one_by_one]
    assert rules_of(*different[:4]) == []
    assert rules_of(*[READ] * 5) == [("loading/no-n-plus-one", "review")]  # one question
    assert rules_of(*[page] * 5) == []
    assert rules_of(*[READ] * 3, *[of_another] * 3) == []
    assert rules_of(*[WRITE] * 5, COMMIT) == []
    assert rules_of(*lazily * 3) == [
        ("loading/no-lazy-loads", "review"),
        ("loading/no-n-plus-one", "proven"),
    ]


def test_a_sync_driver_on_the_loop_is_told_once() -> None:
    on_loop = event("statement", session=1, detail="SELECT", sync=True, task=1)

    assert rules_of(on_loop, on_loop) == [("migrating/no-sync-left", "proven")]
    assert rules_of(SYNC_READ) == []  # in a thread
    assert rules_of(on_loop, foreign=frozenset({1})) == []


def test_a_wait_for_something_else_is_told_once_for_each_line() -> None:
    outside = event("outside.start", detail="httpx.get", source="app/x.py:3")
    end = event("outside.end")
    idle_thread = event("outside.start", detail="in a thread")
    busy_again = event("outside.end", source="app/x.py:9")

    assert rules_of(outside, end, outside, end) == [
        ("session/no-network-while-connected", "proven")
    ]
    (found,) = findings_of(traced(idle_thread, busy_again))
    assert (found.grade, found.path, found.line) == ("suspected", "app/x.py", 9)


def said(text: str) -> Event:
    return event("statement", session=1, connection=1, detail=text)


SETS = said("SET search_path TO one")
COMMITTED = event("commit", connection=1)
LEFT = [("tenancy/schema-per-request", "proven")]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((SETS, COMMITTED), LEFT),
        ((SETS, COMMIT), LEFT),  # on a test's connection
        ((SETS, event("rollback", connection=1)), []),
        ((SETS, COMMITTED, event("close", connection=1)), []),
        ((SETS, COMMITTED, said("RESET search_path"), COMMITTED), []),
        ((SETS, event("commit", connection=2)), []),
        ((said("select set_config('search_path', $1, false)"), COMMITTED), LEFT),
        ((said("SELECT pg_advisory_lock(1)"), COMMITTED), LEFT),
        ((said("CREATE TEMPORARY TABLE t (id int)"), COMMITTED), LEFT),
        ((said("SET LOCAL search_path TO one"), COMMITTED), []),
        ((said("SET CONSTRAINTS ALL DEFERRED"), COMMITTED), []),
        ((said("set transaction isolation level serializable"), COMMITTED), []),
        ((said("select set_config('search_path', $1, true)"), COMMITTED), []),
        ((said("SELECT * FROM sets"), COMMITTED), []),
    ],
)
def test_what_stays_with_a_connection(
    events: tuple[Event, ...], expected: list[tuple[str, str]]
) -> None:
    assert rules_of(*events) == expected
