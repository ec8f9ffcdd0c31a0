"""Who commits before an error: a line of the operation's, or its dependency; and who migrates."""

from pathlib import Path

from helpers.observing import findings_in

SERVICE = """
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from sqlalchemy import StaticPool, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(
    "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
)
with engine.begin() as connection:
    connection.execute(text("create table rows (id int)"))
sessions = sessionmaker(engine)
app = FastAPI()


def get_session():
    with sessions() as session:
        yield session


def committed():
    with sessions.begin() as session:
        yield session


Begun = Depends(committed, scope="function")


def store(session: Session) -> None:
    session.execute(text("insert into rows values (1)"))


@app.post("/explicit")
def explicit(session: Session = Depends(get_session)) -> None:
    store(session)
    session.commit()  # here
    raise HTTPException(502)


@app.post("/returned")
def returned(session: Session = Begun) -> JSONResponse:
    store(session)
    return JSONResponse({}, 502)
"""
TESTS = """
from fastapi.testclient import TestClient
from service import app


def test_all():
    with TestClient(app) as client:
        assert client.post("/explicit").status_code == 502
        assert client.post("/returned").status_code == 502
"""


def test_the_advice_fits_who_commits(tmp_path: Path) -> None:
    told = {
        each["route"]: each
        for each in findings_in(tmp_path, SERVICE, TESTS)
        if each["rule"] == "session/roll-back-on-any-error"
    }
    explicit, returned = told["POST /explicit"], told["POST /returned"]
    assert explicit["code"] == "session.commit()"
    assert "was committed here before: insert into rows" in explicit["message"]
    assert "a block of its own" in explicit["advice"]
    assert "raise instead of returning" in returned["advice"]


MIGRATED = """
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from fastapi import FastAPI, Request
from sqlalchemy import create_engine, text

HERE = Path(__file__).parent
URL = f"sqlite:///{HERE / 'service.db'}"


@asynccontextmanager
async def lifespan(app: FastAPI):
    engine = create_engine(URL)
    with engine.connect() as connection:
        connection.execute(text("select 1"))
        config = Config()
        config.set_main_option("script_location", str(HERE / "migrations"))
        command.upgrade(config, "head")
    yield {"engine": engine}
    engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/")
def read(request: Request) -> int:
    with request.state.engine.connect() as connection:
        return connection.scalar(text("select 1"))
"""
ENV = """
from alembic import context
from service import URL
from sqlalchemy import create_engine

engine = create_engine(URL)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
"""
GET_TESTS = """
from fastapi.testclient import TestClient
from service import app


def test_all():
    with TestClient(app) as client:
        assert client.get("/").json() == 1
"""


def test_the_engine_that_migrates_is_no_second_one(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENV)
    found = findings_in(tmp_path, MIGRATED, GET_TESTS)
    assert [each for each in found if each["rule"].startswith("engine/")] == []


def test_a_second_one_of_the_services_own_is(tmp_path: Path) -> None:
    twice = MIGRATED.replace(
        "        config = Config()",
        "        create_engine(URL).connect().close()\n        config = Config()",
    )
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENV)
    found = findings_in(tmp_path, twice, GET_TESTS)
    assert "engine/one-per-process" in {each["rule"] for each in found}
