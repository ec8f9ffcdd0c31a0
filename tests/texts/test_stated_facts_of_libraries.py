"""What the references state of libraries that are not installed here, and is still so."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SQLMODEL = """
import asyncio, json, warnings
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)

async def main():
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    told = {}
    async with async_sessionmaker(engine, class_=AsyncSession)() as session:
        for name in ("exec", "scalars", "execute"):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                (await getattr(session, name)(select(Hero))).all()
            told[name] = [each.category.__name__ for each in caught]
    await engine.dispose()
    print(json.dumps(told))

asyncio.run(main())
"""
DEPENDENCY_INJECTOR = """
import asyncio, json
from dependency_injector import containers, providers

class Repository:
    def __init__(self, session):
        self.session = session

class Container(containers.DeclarativeContainer):
    session = providers.Dependency()
    repository = providers.Factory(Repository, session=session)

container = Container()

async def overridden(name, entered, leave):
    with container.session.override(providers.Object(name)):
        entered.set()
        await leave.wait()
        return container.repository().session

async def passed(name, entered, leave):
    entered.set()
    await leave.wait()
    return container.repository(session=name).session

async def main():
    told = {}
    for request in (overridden, passed):
        events = {name: (asyncio.Event(), asyncio.Event()) for name in ("A", "B")}
        tasks = [asyncio.create_task(request(name, *events[name])) for name in events]
        for entered, _ in events.values():
            await entered.wait()
        told[request.__name__] = []
        for task, (_, leave) in zip(tasks, events.values()):  # the first is done first
            leave.set()
            told[request.__name__].append(await task)
    print(json.dumps(told))

asyncio.run(main())
"""
WARN_20 = """
import json, warnings
from sqlalchemy import Column, Integer, create_engine
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()

class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
old = {
    "query": lambda: session.query(Order).filter_by(id=1).all(),
    "get": lambda: session.query(Order).get(1),
    "engine": lambda: engine.execute(Order.__table__.select()),
}
told = {}
for name, run in old.items():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run()
    told[name] = bool(caught)
print(json.dumps(told))
"""

CELERY = """
import asyncio, contextlib, json, os, signal, sys
from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

celery = Celery("jobs", broker="memory://")
settings = os.environ["DATABASE_URL"]
told = os.open(os.environ["TOLD"], os.O_APPEND | os.O_CREAT | os.O_WRONLY)

@contextlib.asynccontextmanager
async def open_database(settings):
    engine = create_async_engine(settings, pool_size=1, max_overflow=0)
    try:
        yield engine
    finally:
        await engine.dispose()
        os.write(told, b"closed\\n")

async def write_receipt(database, order_id):
    async with database.connect() as connection:
        pid = await connection.scalar(text("select pg_backend_pid()"))
    os.write(told, f"{pid}\\n".encode())
    if order_id == 3:
        os.kill(os.getppid(), signal.SIGTERM)  # the worker ends when its tasks are done

runner = asyncio.Runner()
opened = contextlib.AsyncExitStack()


@worker_process_init.connect  # after the fork
def start(**_):
    global database
    database = runner.run(opened.enter_async_context(open_database(settings)))


@worker_process_shutdown.connect
def stop(**_):
    runner.run(opened.aclose())
    runner.close()


@celery.task
def send_receipt(order_id):
    runner.run(write_receipt(database, order_id))


for number in (1, 2, 3):
    send_receipt.delay(number)
try:
    celery.worker_main(["--quiet", "worker", "--pool=prefork", "--concurrency=1"])
finally:
    with open(os.environ["TOLD"]) as lines:
        os.write(sys.__stdout__.fileno(), json.dumps(lines.read().split()).encode())
"""


def said_by(code: str, *installed: str, **variables: str) -> object:
    """What a program prints at last, in an environment of its own."""
    with_ = [argument for name in installed for argument in ("--with", name)]
    done = subprocess.run(  # noqa: S603 (uv, arguments as a list)
        [
            *("uv", "run", "--quiet", "--no-project", "--isolated", "--python", "3.11", *with_),
            *("python", "-c", code),
        ],
        env={**os.environ, "SQLALCHEMY_WARN_20": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.network
def test_what_a_session_of_sqlmodel_warns_of() -> None:
    warned = ["DeprecationWarning"]
    assert said_by(SQLMODEL, "sqlmodel", "aiosqlite", "greenlet") == {
        "exec": [],
        "scalars": warned,
        "execute": warned,
    }


@pytest.mark.network
def test_an_override_of_dependency_injector_is_everybody_s() -> None:
    assert said_by(DEPENDENCY_INJECTOR, "dependency-injector") == {
        "overridden": ["B", "A"],
        "passed": ["A", "B"],
    }


@pytest.mark.network
def test_what_sqlalchemy_1_4_warns_of() -> None:
    told = said_by(WARN_20, "sqlalchemy==1.4.*")
    assert told == {"query": False, "get": True, "engine": True}


@pytest.mark.network
@pytest.mark.exhaustive
@pytest.mark.postgres
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_process_of_celery_keeps_one_runner_and_one_engine(tmp_path: Path, new_url: str) -> None:
    told = said_by(
        CELERY,
        *("celery", "sqlalchemy[asyncio]", "asyncpg"),
        DATABASE_URL=new_url.replace("postgresql:", "postgresql+asyncpg:", 1),
        TOLD=str(tmp_path / "told"),
    )
    assert isinstance(told, list)
    assert len(set(told[:3])) == 1
    assert told[3:] == ["closed"]
