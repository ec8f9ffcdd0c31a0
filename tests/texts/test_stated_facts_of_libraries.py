"""What references/migrating.md states of libraries that are not installed here, and is still so."""

import json
import os
import subprocess

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


def said_by(code: str, *installed: str) -> object:
    """What a program prints, in an environment of its own."""
    with_ = [argument for name in installed for argument in ("--with", name)]
    done = subprocess.run(  # noqa: S603 (uv, arguments as a list)
        [
            *("uv", "run", "--quiet", "--no-project", "--isolated", "--python", "3.11", *with_),
            *("python", "-c", code),
        ],
        env={**os.environ, "SQLALCHEMY_WARN_20": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


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
