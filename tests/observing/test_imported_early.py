"""What conftests import before pytest is configured is watched."""

from pathlib import Path

from helpers.observing import observed_findings, write_project

SERVICE = """
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("sqlite+aiosqlite:///service.db")
app = FastAPI()


@app.get("/")
async def read() -> int:
    async with engine.connect() as connection:
        return await connection.scalar(text("select 1"))
"""
TESTS = """
from fastapi.testclient import TestClient
from service import app


def test_read():
    with TestClient(app) as client:
        assert client.get("/").json() == 1
"""


def test_an_engine_that_a_conftest_imports(tmp_path: Path) -> None:
    write_project(tmp_path, SERVICE, TESTS)
    (tmp_path / "conftest.py").write_text("import service\n")

    found = observed_findings(tmp_path, "--observe-html=out.html", passing=True)

    assert [(each["rule"], each["path"]) for each in found] == [
        ("engine/created-in-lifespan", "service.py")
    ]
    assert "GET /" in (tmp_path / "out.html").read_text("utf-8")
