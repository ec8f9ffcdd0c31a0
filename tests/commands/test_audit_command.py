"""`audit.py` as it is called: what it prints, what it answers with, and what it leaves alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import audit
from async_db.auditing import RULES
from helpers.packs import Ran
from helpers.trees import snapshot

SERVICE = """\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

engine = create_engine("sqlite://")
app = FastAPI()


def get_session():
    with Session(engine) as session:
        yield session


@app.get("/orders")
async def orders(session=Depends(get_session)):
    return session.query(object).all()
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "main.py").write_text(SERVICE)
    (folder / "requirements.txt").write_text("fastapi==0.121.1\nsqlalchemy==2.0.41\n")
    return folder


def run(capfd: pytest.CaptureFixture[str], *arguments: object) -> Ran:
    try:
        code = audit.main([str(argument) for argument in arguments])
    except SystemExit as exit:
        code = exit.code if isinstance(exit.code, int) else 1
    return Ran(code, *capfd.readouterr())


def test_a_bare_python_tells_what_is_there_and_changes_nothing(root: Path, service: Path) -> None:
    before = snapshot(service)
    done = subprocess.run(  # noqa: S603 (this very Python, without its packages)
        [sys.executable, "-S", "-B", str(root / "scripts/audit.py"), "shop"],
        cwd=service.parent,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    first = done.stdout.splitlines()[:24]
    assert "shop: 1 files, 16 lines read; 0 cannot matter; 0 not read" in first[0]
    assert "fastapi 0.121.1 (declared)" in first[1]
    assert any("engines" in line and "1 sync" in line for line in first)
    assert any("1 sync, on the event loop" in line for line in first)
    assert "migrating/no-sync-left" in done.stdout
    assert snapshot(service) == before


def test_json_has_all_of_it(service: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ran = run(capfd, service, "--format", "json")
    told = json.loads(ran.out)
    assert ran.code == 1
    assert told["schema_version"] == 2
    assert told["inventory"]["routes"]["counts"] == {"sync, on the event loop": 1}
    (blocking,) = [each for each in told["findings"] if each["rule"] == "migrating/no-sync-left"]
    assert (blocking["path"], blocking["line"], blocking["grade"]) == ("main.py", 16, "proven")
    assert told["rules"] == list(RULES)


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["--only", "inventory"], 0, "Inventory"),
        (["--only", "plan"], 0, "main.py: 1 routes, reads, 0 functions, 1 awaits"),
        (["--only", "plan", "--format", "json"], 0, '"kind": "router"'),
        (["--only", "findings", "--rule", "engine/asyncio-extra"], 0, "Findings: none"),
        (["--rule", "migrating/no-sync-left"], 1, "main.py:16"),
        (["--format", "github"], 1, "::error file=main.py,line=16,title=migrating/no-sync-left"),
        (["--format", "sarif"], 1, '"ruleId": "engine/created-in-lifespan"'),
        (["--list-rules"], 0, "session/commit-before-response"),
        (["--help"], 0, "examples:"),
    ],
)
def test_what_is_asked_for_is_told(
    service: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], code: int, part: str
) -> None:
    ran = run(capfd, service, *arguments)
    assert ran.code == code
    assert part in ran.out


def test_what_cannot_be_done_is_a_line(
    service: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "django").mkdir()
    (tmp_path / "django/models.py").write_text("from django.db import models\n")
    (service / "wrong.json").write_text("[]")
    calls: list[tuple[list[object], str]] = [
        ([tmp_path / "nowhere"], "no such file or folder"),
        ([tmp_path / "empty"], "no Python file in it"),
        ([tmp_path / "django"], "names SQLAlchemy, SQLModel or FastAPI"),
        ([service, "--rule", "no/such"], "no detector for 'no/such'"),
        ([service, "--baseline", service / "none.json"], "cannot be read"),
        ([service, "--baseline", service / "wrong.json"], "not a baseline"),
        ([service, "--diff", "no-such-commit"], "git knows no"),
    ]
    for arguments, message in calls:
        ran = run(capfd, *arguments)
        assert ran.code == 2, arguments
        assert message in ran.error
        assert ran.error.count("\n") == 1
    assert run(capfd).code == 2
    assert run(capfd, service, "--only", "inventory", "--format", "sarif").code == 2


def test_a_table_of_the_project_says_what_to_leave_out(
    service: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    table = service / "pyproject.toml"
    table.write_text('[tool.async-db.audit]\nignore = ["migrating/no-sync-left"]\n')
    assert "no-sync-left" not in run(capfd, service, "--only", "findings").out
    table.write_text('[tool.async-db.audit]\nexclude = ["main.py"]\n')
    assert run(capfd, service, "--only", "findings").code == 0
    table.write_text("[tool.async-db.audit]\nexcludes = []\n")
    ran = run(capfd, service)
    assert (ran.code, "has no key 'excludes'" in ran.error) == (2, True)


def test_comments_take_findings_on_and_idle_ones_are_told(
    service: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (service / "main.py").write_text(
        SERVICE.replace(
            "query(object).all()",
            "query(object).all()  # async-db: ignore[migrating/no-sync-left] read once a day",
        ).replace("app = ", "# async-db: ignore[session/one-per-request] none\napp = ")
    )
    ran = run(capfd, service, "--only", "findings")
    assert "migrating/no-sync-left  " not in ran.out
    assert "warning: main.py:6 allows session/one-per-request, and nothing needed" in ran.out
    assert ran.code == 1
    told = json.loads(run(capfd, service, "--format", "json").out)["notices"]
    assert [each["message"].partition(",")[0] for each in told] == [
        "main.py:6 allows session/one-per-request"
    ]


def test_what_a_move_left_is_a_finding_until_it_is_gone(
    service: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mark = "# async-db: unresolved[migrating/no-sync-left] a property cannot be awaited\n"
    (service / "main.py").write_text(f"import sqlalchemy\n\n{mark}class Shop:\n    pass\n")
    ran = run(capfd, service, "--only", "findings")
    assert ran.code == 1
    assert "main.py:4" in ran.out
    assert "a property cannot be awaited" in ran.out
    (service / "main.py").write_text("import sqlalchemy\n\nclass Shop:\n    pass\n")
    assert run(capfd, service, "--only", "findings").code == 0


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("ignore[migrating/no-sync-left]", "allows something without a reason"),
        ("ignore[migrating/no-such-rule] it hurts", "there is no such rule"),
        ("ignore[pooling/watch-the-pool] it is small", ""),  # only `observe` can see that
    ],
)
def test_what_a_comment_cannot_allow_is_told(
    service: Path, capfd: pytest.CaptureFixture[str], comment: str, told: str
) -> None:
    text = SERVICE.replace("query(object).all()", f"query(object).all()  # async-db: {comment}")
    (service / "main.py").write_text(text)
    ran = run(capfd, service, "--only", "findings")
    assert "main.py:16" in ran.out  # nothing is allowed
    assert ("warning: " in ran.out) == bool(told)
    assert told in ran.out


def test_a_baseline_knows_what_was_there(
    service: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    known = tmp_path / "known.json"
    assert run(capfd, service, "--write-baseline", known).code == 0
    assert run(capfd, service, "--only", "findings", "--baseline", known).code == 0
    with (service / "main.py").open("a") as file:
        file.write('\n\nother = create_engine("sqlite:///other.db")\n')
    ran = run(capfd, service, "--only", "findings", "--baseline", known)
    assert ran.code == 1
    assert "main.py:19" in ran.out


@pytest.mark.git
def test_a_change_is_told_by_what_it_adds(service: Path, capfd: pytest.CaptureFixture[str]) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    for arguments in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "first")):
        subprocess.run(["git", *arguments], cwd=service, check=True)  # noqa: S603, S607 (git)
    assert run(capfd, service, "--only", "findings", "--diff", "HEAD").code == 0
    text = (service / "main.py").read_text()
    added = '\n\n@app.get("/items")\nasync def items(session=Depends(get_session)):\n    session.commit()\n'
    (service / "main.py").write_text("\n\n" + text + added)
    ran = run(capfd, service, "--only", "findings", "--diff", "HEAD")
    assert ran.code == 1
    assert "main.py:23" in ran.out
    assert "main.py:18" not in ran.out


def test_a_large_service_fits_in_ten_thousand_characters(
    service: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(300):
        (service / f"module_{number}.py").write_text(SERVICE)
    short = run(capfd, service).out
    assert len(short) <= 10_000
    assert len(run(capfd, service, "--all").out) > 100_000
