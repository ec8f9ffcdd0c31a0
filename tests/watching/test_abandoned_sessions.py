"""A session that is garbage-collected at work, outside any request."""

from pathlib import Path

from helpers.observing import findings_in

DROPPING_SERVICE = """
import gc
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine


async def look(sessions: async_sessionmaker) -> None:
    session = sessions()
    await session.execute(text("select 1"))


@asynccontextmanager
async def lifespan(app: FastAPI):
    engine = create_async_engine("sqlite+aiosqlite:///dropped.db")
    await look(async_sessionmaker(engine))
    gc.collect()
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
"""
DROPPING_TESTS = """
import pytest
from fastapi.testclient import TestClient
from service import app

@pytest.mark.filterwarnings("ignore")
def test_all():
    with TestClient(app):
        pass
"""


def test_a_session_that_nobody_closes(tmp_path: Path) -> None:
    all_found = findings_in(tmp_path, DROPPING_SERVICE, DROPPING_TESTS)

    (found,) = (each for each in all_found if each["rule"].startswith("session/"))
    assert (found["rule"], found["grade"]) == ("session/own-session-outside-requests", "proven")
    assert DROPPING_SERVICE.splitlines()[found["line"] - 1].strip() == "session = sessions()"
