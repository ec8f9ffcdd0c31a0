"""Where the watching still works: the oldest pytest and SQLAlchemy that README names."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from async_db.records import parse_record
from helpers.observing import PLUGIN
from helpers.recorded_service import end_of
from helpers.sync_service import SYNC_SERVICE, SYNC_TESTS

# As it was written for 1.4.
SERVICE = (
    SYNC_SERVICE.replace(
        "from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker",
        "from sqlalchemy import Column, Integer\n"
        "from sqlalchemy.orm import Session, declarative_base, sessionmaker",
    )
    .replace("class Base(DeclarativeBase):\n    pass", "Base = declarative_base()")
    .replace(
        "id: Mapped[int] = mapped_column(primary_key=True)",
        "id = Column(Integer, primary_key=True)",
    )
)
ASYNC = """

from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

@app.post("/expired")
async def expired() -> int:
    async_engine = create_async_engine(f"sqlite+aiosqlite:///{worker}.db")
    async with AsyncSession(async_engine) as session:
        row = Row()
        session.add(row)
        await session.commit()
        try:
            return row.id
        except Exception:
            return 0
        finally:
            await async_engine.dispose()
"""
INSTALLED = ("sqlalchemy[asyncio]==1.4.*", "fastapi", "httpx", "aiosqlite")


def run_in_an_environment(
    folder: Path, installed: tuple[str, ...], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder, watched, in an environment of their own."""
    with_ = [argument for name in installed for argument in ("--with", name)]
    return subprocess.run(  # noqa: S603 (uv, arguments as a list)
        [
            *("uv", "run", "--quiet", "--no-project", "--isolated", "--python", "3.11", *with_),
            # A newer release of anyio brings a plugin that pytest 6.2 cannot load.
            *("python", "-m", "pytest", "-q", "-p", "no:anyio", "-p", "no:cacheprovider"),
            *("-p", "async_db_observe", *arguments),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{PLUGIN}{os.pathsep}{folder}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.network
@pytest.mark.parametrize("runner", ["pytest==6.2.*", "pytest"])
def test_the_oldest_releases_are_watched(tmp_path: Path, runner: str) -> None:
    (tmp_path / "service.py").write_text(SERVICE + ASYNC)
    tests = SYNC_TESTS.replace('"/audited"', '"/expired"').replace("assert 1 == 2", "pass")
    (tmp_path / "test_service.py").write_text(tests)
    done = run_in_an_environment(
        tmp_path,
        (runner, *INSTALLED),
        *("--observe-format=json", "--observe-output=found.json"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert told["notices"] == []
    assert {
        (card["rule"], case["route"])
        for card in told["findings"]
        for case in card.get("seen", [{"route": ""}])
    } == {
        ("session/commit-before-response", "POST /rows"),
        ("session/commit-before-response", "POST /forgotten"),
        ("session/no-expire-on-commit", "POST /expired"),
        ("engine/one-per-process", ""),
    }


RECORDED = (
    SERVICE
    + """

from sqlalchemy import ForeignKey
from sqlalchemy.orm import relationship

class Child(Base):
    __tablename__ = "children"
    id = Column(Integer, primary_key=True)
    row_id = Column(ForeignKey("rows.id"))
    row = relationship(Row, backref="children")

@app.get("/children")
def children(db: Session = Depends(get_db)) -> int:
    return len(db.query(Row).first().children)
"""
)


@pytest.mark.exhaustive
@pytest.mark.network
def test_the_oldest_releases_are_recorded(tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(RECORDED)
    tests = SYNC_TESTS.replace("assert 1 == 2", "pass") + (
        "\n\ndef test_children(client):\n    assert client.get('/children').json() == 0\n"
    )
    (tmp_path / "test_service.py").write_text(tests)
    done = run_in_an_environment(
        tmp_path, ("pytest==6.2.*", *INSTALLED), "--observe-record=record.json"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = parse_record((tmp_path / "record.json").read_bytes())
    assert record.problems == ()
    functions = {each.qualname for each in record.functions if each.direct}
    assert functions == {
        *("get_db", "read", "add", "forget", "audited", "children"),
        *("client", "test_read", "test_post", "test_children"),
    }
    edges = {(each.path, each.end, each.callee) for each in record.edges}
    in_an_assert = end_of(tests, 'assert client.get("/rows")')
    assert ("test_service.py", in_an_assert, "starlette.testclient.TestClient.get") in edges
    query = end_of(RECORDED, "db.query(Row).first()")
    assert ("service.py", query, "sqlalchemy.orm.Query.first") in edges
    (load,) = record.loads
    assert (load.owner, load.attribute, load.made and load.made.end) == ("Row", "children", query)
