"""What a type checker says of calls that the model cannot tell; mypy reads small targets here."""

import ast
import sys
from pathlib import Path

import pytest

from async_db.modernizing.oracle import Answers, ask_types, unresolved
from async_db.target import Project, read_project
from helpers.recorded_service import end_of

REPOSITORY = """
from typing import Generic, TypeVar
from sqlalchemy.orm import Session

T = TypeVar("T")


class Box(Generic[T]):
    def __init__(self, inside: T) -> None:
        self.inside = inside

    def open(self) -> T:
        return self.inside


class Orders:
    def __init__(self, session: Session) -> None:
        self.session = session

    def load(self) -> int:
        return 1

    class Lines:
        def count(self) -> int:
            return 2


class LateOrders(Orders):
    pass


def boxed(session: Session) -> Box[Orders]:
    return Box(Orders(session))


def one_of(late: bool) -> "Box[Orders | LateOrders.Lines | None]":
    return Box(None)
"""
SERVICE = """
from app.repository import Box, LateOrders, boxed, one_of
from sqlalchemy.orm import Session


def plain(session: Session) -> int:
    return boxed(session).open().load()  # é


def several(session: Session) -> int:
    name = "é"; return len(name) + Box(session).open().scalar("select 1") + {
        "late": Box(LateOrders(session)),
    }["late"].open(
    ).load()


def either() -> int:
    found = one_of(True).open()
    return found.count()


def formatted(session: Session) -> str:
    return f"{boxed(session).open().load()}"


def anything(given) -> int:
    return given.load()


def renamed(session: Session) -> None:
    found = {1: session}[1]
    found.commit()
"""
CONFTEST = """
import pytest
from app.repository import Box, Orders, boxed


@pytest.fixture
def box():
    return boxed(None)


@pytest.fixture
def opened(box):
    yield box.open()


@pytest.fixture
def make_orders():
    def make() -> Orders:
        return Orders(None)

    return {1: make}[1]
"""
TESTS = """
def test_one(opened, make_orders):
    assert opened.load() == 1
    assert make_orders().load() == 1
"""
FILES = {
    "backend/app/__init__.py": "",
    "backend/app/repository.py": REPOSITORY,
    "backend/app/service.py": SERVICE,
    "backend/tests/__init__.py": "",
    "backend/tests/conftest.py": CONFTEST,
    "backend/tests/test_service.py": TESTS,
    # Names that Python and mypy themselves have, a second file of one name, one of no module's.
    "typing.py": "raise SystemExit\n",
    "scripts/types.py": "raise SystemExit\n",
    "other/app/service.py": "from app.repository import boxed\n\n\ndef other():\n    return 1\n",
    "scripts/not-a-module.py": "import sqlalchemy\n",
    # What mypy would run, if it were asked to.
    "mypy.ini": "[mypy]\nplugins = planted.py\n",
    "pyproject.toml": '[tool.mypy]\nplugins = ["planted.py"]\n',
    "planted.py": "import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n",
}
SERVICE_PATH, TESTS_PATH = "backend/app/service.py", "backend/tests/test_service.py"


def written(folder: Path, files: dict[str, str]) -> Project:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return read_project(folder)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return written(tmp_path_factory.mktemp("typed"), FILES)


@pytest.fixture(scope="module")
def answers(project: Project) -> Answers:
    return ask_types(project)


@pytest.mark.parametrize(
    ("path", "text", "snippet", "callees"),
    [
        (SERVICE_PATH, SERVICE, "return boxed(session).open().load()", {"Orders.load"}),
        (SERVICE_PATH, SERVICE, '["late"].open(\n    ).load()', {"Orders.load"}),
        (SERVICE_PATH, SERVICE, '.open().scalar("select 1")', {"sqlalchemy.orm.Session.scalar"}),
        (SERVICE_PATH, SERVICE, "found.commit()", {"sqlalchemy.orm.Session.commit"}),
        (SERVICE_PATH, SERVICE, "return found.count()", {"Orders.Lines.count"}),
        (SERVICE_PATH, SERVICE, 'f"{boxed(session).open().load()', {"Orders.load"}),
        (SERVICE_PATH, SERVICE, "return given.load()", set()),
        (TESTS_PATH, TESTS, "opened.load()", {"Orders.load"}),
        (TESTS_PATH, TESTS, "make_orders().load()", {"Orders.load"}),
    ],
)
def test_what_calls_run(
    answers: Answers, path: str, text: str, snippet: str, callees: set[str]
) -> None:
    end = end_of(text, snippet)

    found = [each for each in answers.edges if (each.path, each.end) == (path, end)]

    assert {each.callee for each in found} == callees
    assert {each.source for each in found} <= {"types"}
    for each in found:
        own = "" if each.callee.startswith("sqlalchemy.") else "backend/app/repository.py"
        assert each.callee_path == own


def test_ends_are_those_of_calls(answers: Answers, project: Project) -> None:
    calls = {
        (module.path, node.end_lineno, node.end_col_offset)
        for module in project.modules
        for node in ast.walk(ast.parse(module.text))
        if isinstance(node, ast.Call)
    }

    assert answers.edges
    assert {(each.path, *each.end) for each in answers.edges} <= calls


def test_nothing_of_the_target_runs_or_changes(answers: Answers, project: Project) -> None:
    there = {
        path.relative_to(project.root).as_posix()
        for path in project.root.rglob("*")
        if path.is_file()
    }

    assert not answers.problem
    assert there == set(FILES)


def test_only_what_the_model_cannot_tell_is_asked(answers: Answers, project: Project) -> None:
    asked = unresolved(project)

    assert answers.asked == len(asked)
    assert all(project.calls.called(call) is None for call in asked)
    assert "test_service" not in {call.name for call in asked}


def test_nothing_to_ask_takes_no_type_checker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    assert ask_types(written(tmp_path, {"a.py": "import sqlalchemy\n"})) == Answers((), 0)


def test_a_type_checker_that_cannot_be_started_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = "import a\n\ndef f(x):\n    return x.load()\n"
    target = written(tmp_path, {"a.py": REPOSITORY, "b.py": caller})
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    answers = ask_types(target)

    assert answers.edges == ()
    assert answers.asked == 1
    assert "mypy" in answers.problem


UNTYPED = """
from app.repository import Box, Orders, boxed
from sqlalchemy.orm import Session


class Desk:
    def __init__(self, box, spare=None):
        self.box = box
        self.spare = spare

    def total(self):
        return self.box.open().load()

    def spares(self):
        return self.spare.load()


def total_of(desk, session):
    return desk.total() + session.scalar("select 1")


def serve(session: Session) -> int:
    desk = {1: Desk(boxed(session))}[1]
    return total_of(desk, {1: session}[1])


def disagree(thing):
    return thing.load()


def one() -> None:
    disagree({1: Orders(None)}[1])
    disagree({1: boxed(None)}[1])
"""


def test_parameters_are_what_all_callers_pass(tmp_path: Path) -> None:
    target = written(tmp_path, {"app/repository.py": REPOSITORY, "app/untyped.py": UNTYPED})

    told = {each.end: each.callee for each in ask_types(target).edges}

    assert told == {
        end_of(UNTYPED, "self.box.open().load()"): "Orders.load",
        end_of(UNTYPED, "desk.total()"): "Desk.total",
        end_of(UNTYPED, 'session.scalar("select 1")'): "sqlalchemy.orm.Session.scalar",
    }
