"""What conftests import before pytest is configured is watched."""

from pathlib import Path

import pytest

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


MADE_WITH_THE_APP = """
from fastapi import FastAPI, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


def create_app() -> FastAPI:
    app = FastAPI()
    app.state.engine = create_async_engine("sqlite+aiosqlite:///service.db")

    @app.get("/")
    async def read(request: Request) -> int:
        async with request.app.state.engine.connect() as connection:
            return await connection.scalar(text("select 1"))

    return app
"""
TESTS_OF_IT = """
from fastapi.testclient import TestClient
from service import create_app



def test_read():
    app = create_app()
    with TestClient(app) as client:
        assert client.get("/").json() == 1
    DISPOSED
"""


@pytest.mark.parametrize(
    ("disposed", "rules"),
    [
        ("pass", ["engine/disposed-on-shutdown"]),
        ("import asyncio; asyncio.run(app.state.engine.dispose())", []),
    ],
)
def test_an_engine_that_is_made_with_the_app(
    tmp_path: Path, disposed: str, rules: list[str]
) -> None:
    write_project(tmp_path, MADE_WITH_THE_APP, TESTS_OF_IT.replace("DISPOSED", disposed))
    assert [each["rule"] for each in observed_findings(tmp_path, passing=True)] == rules


def test_an_engine_that_a_conftest_imports(tmp_path: Path) -> None:
    write_project(tmp_path, SERVICE, TESTS)
    (tmp_path / "conftest.py").write_text("import service\n")

    found = observed_findings(tmp_path, "--observe-html=out.html", passing=True)

    # And nobody disposes of it: the app has ended, and so has the run.
    assert [(each["rule"], each["path"]) for each in found] == [
        ("engine/disposed-on-shutdown", "service.py"),  # the surest first
        ("engine/created-in-lifespan", "service.py"),
    ]
    assert "GET /" in (tmp_path / "out.html").read_text("utf-8")
