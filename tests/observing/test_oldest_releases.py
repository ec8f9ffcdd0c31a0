"""Where the watching still works: the oldest pytest and SQLAlchemy that README names."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from helpers.observing import PLUGIN
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


@pytest.mark.network
@pytest.mark.parametrize("runner", ["pytest==6.2.*", "pytest"])
def test_the_oldest_releases_are_watched(tmp_path: Path, runner: str) -> None:
    (tmp_path / "service.py").write_text(SERVICE + ASYNC)
    tests = SYNC_TESTS.replace('"/audited"', '"/expired"').replace("assert 1 == 2", "pass")
    (tmp_path / "test_service.py").write_text(tests)
    with_ = [argument for name in (runner, *INSTALLED) for argument in ("--with", name)]
    done = subprocess.run(  # noqa: S603 (uv, arguments as a list)
        [
            *("uv", "run", "--quiet", "--no-project", "--isolated", "--python", "3.11", *with_),
            # A newer release of anyio brings a plugin that pytest 6.2 cannot load.
            *("python", "-m", "pytest", "-q", "-p", "no:anyio", "-p", "no:cacheprovider"),
            *("-p", "async_db_observe", "--observe-format=json", "--observe-output=found.json"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{PLUGIN}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
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
