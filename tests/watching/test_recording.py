"""What `--observe-record` keeps of a sync service's tests."""

from pathlib import Path

import pytest

from async_db.records import Place, Record, RecordedCall, RecordedLoad, parse_record, text_hash
from helpers.observing import outcomes, run_pytest, write_project
from helpers.recorded_service import RECORDED_SERVICE, RECORDED_TESTS, end_of

SERVICE, TESTS = "service.py", "test_service.py"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    write_project(folder, RECORDED_SERVICE, RECORDED_TESTS)
    return folder


@pytest.fixture(scope="module")
def record(project: Path) -> Record:
    done = run_pytest(project, "--observe-record=record.json")
    assert outcomes(done) == "1 failed, 11 passed", done.stdout + done.stderr
    assert "loads by reading to record.json" in done.stdout
    assert "sessions do not expire what they commit" in " ".join(done.stdout.split())
    return parse_record((project / "record.json").read_bytes())


def test_functions_over_the_database(record: Record) -> None:
    found = {(each.path, each.qualname) for each in record.functions if each.direct}

    assert found == {
        *((SERVICE, f"Parents.{name}") for name in METHODS),
        *((SERVICE, name) for name in (*ROUTES, "session_scope", "get_db", "logged.wrapper")),
        *((TESTS, f"test_{name}") for name in ("parents", "everything", "reads", "dependency")),
        (TESTS, "client"),
    }
    assert {each.qualname for each in record.functions if not each.direct} == set()


METHODS = (
    *("one", "names", "all", "rows", "listed", "looped", "ranked", "mapped", "named", "count"),
    *("counted", "keys", "chosen"),
)
ROUTES = (
    *("parents", "awaited", "everything", "note", "model", "orphan", "add", "expired", "loops"),
)


def test_a_function_has_the_line_of_its_first_decorator(record: Record) -> None:
    lines = RECORDED_SERVICE.splitlines()

    decorated = {each.qualname: lines[each.line - 1] for each in record.functions}

    assert decorated["add"] == '@app.post("/parents")'
    assert decorated["Parents.one"] == "    @logged"


def test_nothing_is_said_of_what_did_not_reach_it(record: Record) -> None:
    told = {each.qualname for each in record.functions} | {each.callee for each in record.calls}

    assert not {"quiet", "Untouched.all", "test_without_database", "helper"} & told


@pytest.mark.parametrize(
    ("snippet", "callee", "path"),
    [
        ("self.session.execute(\n            select(Parent)\n        )", "execute", ""),
        ("[self.one(each.id)", "logged.wrapper", SERVICE),  # in a comprehension
        ("for each in self.all()", "Parents.all", SERVICE),
        ("return function(*args, **kwargs)", "Parents.one", SERVICE),
        ("key=lambda key: self.one(key)", "logged.wrapper", SERVICE),
        ("for each in all_of_them.rows()", "Parents.rows", SERVICE),  # in a generator expression
        ("list(self.rows()", "Parents.rows", SERVICE),
        ("        for each in self.rows()", "Parents.rows", SERVICE),
        ("with session_scope()", "session_scope", SERVICE),
        ('> 0 and "é" and self.chosen(self.named)', "Parents.chosen", SERVICE),
        ("return find(1)", "Parents.named", SERVICE),  # no name says so
        ("self.session.query(Parent).count()", "Query.count", ""),
        ("len(self.session.query(Parent).all()", "Query.all", ""),
        ("        session.commit()", "Session.commit", ""),
        ("        session.close()", "Session.close", ""),
    ],
)
def test_calls_by_where_they_end(record: Record, snippet: str, callee: str, path: str) -> None:
    end = end_of(RECORDED_SERVICE, snippet)

    (edge,) = [each for each in record.edges if (each.path, each.end) == (SERVICE, end)]

    assert (edge.callee_path, edge.source) == (path, "recorded")
    assert edge.callee == callee or edge.callee.endswith(callee)
    assert path or edge.callee.startswith("sqlalchemy.orm.")


@pytest.mark.parametrize(
    ("snippet", "callee"),
    [
        ('client.get(\n        "/everything",\n    )', "get"),
        ('and client.post("/parents")', "post"),
        ("assert client.get(path).json()", None),  # is read from an answer
        ("assert client.get(path)", None),  # stands twice
        ("assert db.get(Parent, 1)", "Session.get"),
    ],
)
def test_calls_of_tests(record: Record, snippet: str, callee: str | None) -> None:
    if callee is None:
        ends = {each.end for each in record.edges if each.path == TESTS}
        line = RECORDED_TESTS[: RECORDED_TESTS.index(snippet)].count("\n") + 1
        assert (line, len("    assert client.get(path)")) in ends
        assert (line, len("    assert client.get(path).json()")) not in ends
        return
    end = end_of(RECORDED_TESTS, snippet)
    (edge,) = [each for each in record.edges if (each.path, each.end) == (TESTS, end)]
    owner = "sqlalchemy.orm" if "." in callee else "starlette.testclient.TestClient"
    assert edge.callee == f"{owner}.{callee}"


@pytest.mark.parametrize(
    ("path", "text", "snippet", "via"),
    [
        (SERVICE, RECORDED_SERVICE, "list(self.rows())", "builtins.list"),
        (SERVICE, RECORDED_SERVICE, "list(map(self.named, [1]))", "builtins.list"),
        (TESTS, RECORDED_TESTS, "next(get_db())", "builtins.next"),
    ],
)
def test_what_something_else_called_is_no_edge(
    record: Record, path: str, text: str, snippet: str, via: str
) -> None:
    end = end_of(text, snippet)

    found = [each for each in record.calls if (each.path, each.end) == (path, end)]

    assert [each.via for each in found] == [via]
    assert not [each for each in record.edges if (each.path, each.end) == (path, end)]


def test_a_property_is_read(record: Record) -> None:
    end = end_of(RECORDED_SERVICE, "return self.count")

    (found,) = (each for each in record.calls if (each.path, each.end) == (SERVICE, end))

    assert found == RecordedCall(
        *(SERVICE, (end[0], 15), end, "Parents.counted", "Parents.count", SERVICE, "read")
    )
    assert not [each for each in record.edges if each.end == end]


def test_loads_by_reading(record: Record) -> None:
    parents = Place(SERVICE, "parents", line_of('@app.get("/parents", response'))
    awaited = Place(SERVICE, "awaited", line_of('@app.get("/awaited", response'))
    all_of_them = place(
        "Parents.all", "self.session.execute(\n            select(Parent)\n        )"
    )
    rows = place("Parents.rows", "self.session.scalars(select(Parent))")
    one = place(
        "Parents.one", "self.session.get(Parent, key)", before="one(self, key):\n        return "
    )
    children = place("everything", "each.children", before="sum(len(")
    note = place("note", "Parents(db).one(1).note")
    model = place("model", "ParentOut.model_validate(db.get(Parent, 1))")
    got = place("model", "db.get(Parent, 1)", before="model_validate(")
    made = place("add", "Parent()", before="parent = ")
    added = place("add", "parent.children", before='"children": len(')
    name = place("add", "parent.name", before='"read": ')
    expired = place("expired", "parent.children", before="return len(")
    to_expire = place("expired", "db.get(Parent, 1)", before="parent = ")
    looped = place("loops", "each.children", before="size = len(")
    loop = place("loops", "db.scalars(select(Parent))")

    assert set(record.loads) == {
        load("children", parents, "response", all_of_them),
        load("children", awaited, "response", all_of_them),
        load("children", children, "", rows),
        load("note", note, "", one, kind="deferred"),
        load("children", model, "pydantic.BaseModel.model_validate", got),
        load("children", added, "", made, made_by="constructor"),
        load("name", name, "", made, made_by="constructor", kind="discarded"),
        load("children", expired, "", to_expire),
        load("children", looped, "", loop),
    }


def place(function: str, expression: str, before: str = "") -> Place:
    """Give the place of an expression, which what stands before it tells from others."""
    end = end_of(RECORDED_SERVICE, before + expression)
    offset = RECORDED_SERVICE.index(before + expression) + len(before)
    above, _, left = RECORDED_SERVICE[:offset].rpartition("\n")
    return Place(SERVICE, function, (above.count("\n") + 2, len(left)), end)


def load(
    attribute: str,
    read: Place,
    through: str,
    made: Place,
    *,
    made_by: str = "query",
    kind: str = "relationship",
) -> RecordedLoad:
    return RecordedLoad("Parent", SERVICE, attribute, kind, True, read, through, made_by, made)  # type: ignore[arg-type]  # the literals come from above


def line_of(snippet: str) -> tuple[int, int]:
    return end_of(RECORDED_SERVICE, snippet)[0], 0


def test_what_it_says_of_the_run(record: Record, project: Path) -> None:
    assert record.failed == ("test_service.py::test_that_fails",)
    assert record.problems == ()
    assert record.expire_on_commit is False
    assert record.files == {
        path: text_hash((project / path).read_bytes()) for path in (SERVICE, TESTS)
    }


@pytest.mark.exhaustive
def test_workers_see_the_same(record: Record, project: Path) -> None:
    done = run_pytest(project, "--observe-record=workers.json", "-n", "2")

    assert outcomes(done) == "1 failed, 11 passed", done.stdout + done.stderr
    assert (project / "workers.json").read_bytes() == (project / "record.json").read_bytes()


def test_nothing_is_recorded_that_was_not_asked_for(project: Path) -> None:
    before = {path.name for path in project.iterdir()}

    done = run_pytest(project)

    assert "recorded" not in done.stdout
    assert {path.name for path in project.iterdir()} == before


def test_a_record_that_cannot_be_written_is_told(project: Path) -> None:
    done = run_pytest(project, "--observe-record=nowhere/record.json")

    assert outcomes(done) == "1 failed, 11 passed"
    assert "observe gave up recording: FileNotFoundError" in done.stdout


def test_sessions_may_go_on_to_expire(project: Path, record: Record) -> None:
    done = run_pytest(project, "--observe-record=expiring.json", "--observe-record-expiring")

    assert outcomes(done) == "1 failed, 11 passed", done.stdout + done.stderr
    assert "sessions do not expire" not in " ".join(done.stdout.split())
    expiring = parse_record((project / "expiring.json").read_bytes())
    assert expiring.expire_on_commit is True
    assert expiring.edges == record.edges
    read = place("add", "parent.name", before="kept = ")
    assert {(each.attribute, each.kind) for each in expiring.loads if each.read == read} == {
        ("name", "expired")
    }
