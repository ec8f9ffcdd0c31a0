"""What names and expressions are: the ways in which services get hold of a session."""

from pathlib import Path

import pytest

from helpers.targets import project, told, type_of

SESSION = "sqlalchemy.orm.Session"
ASYNC_SESSION = "sqlalchemy.ext.asyncio.AsyncSession"

DATABASE = """
    from collections.abc import AsyncIterator, Iterator
    from contextlib import asynccontextmanager, contextmanager
    from typing import Annotated
    from fastapi import Depends
    from sqlalchemy import create_engine
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
    from sqlalchemy.orm import Session, scoped_session, sessionmaker

    engine = create_engine("sqlite://")
    async_engine = create_async_engine("sqlite+aiosqlite://")
    SessionLocal = sessionmaker(bind=engine)
    AsyncSessionLocal = async_sessionmaker(async_engine)
    OldAsyncLocal = sessionmaker(async_engine, class_=AsyncSession)
    Scoped = scoped_session(SessionLocal)

    def get_session():
        with SessionLocal() as session:
            yield session

    async def get_async_session() -> AsyncIterator[AsyncSession]:
        async with AsyncSessionLocal() as session:
            yield session

    @contextmanager
    def opened() -> Iterator[Session]:
        yield SessionLocal()

    @asynccontextmanager
    async def async_opened():
        async with AsyncSessionLocal.begin() as session:
            yield session

    SessionDep = Annotated[Session, Depends(get_session)]
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("from app.database import SessionLocal\n    s = SessionLocal()", SESSION),
        ("from .database import SessionLocal as make\n    s = make()", SESSION),
        ("import app.database\n    s = app.database.SessionLocal()", SESSION),
        ("from app import database as d\n    s = d.Scoped()", SESSION),
        ("from app.database import Scoped as s", "sqlalchemy.orm.scoped_session"),
        ("from app.database import AsyncSessionLocal\n    s = AsyncSessionLocal()", ASYNC_SESSION),
        ("from app.database import OldAsyncLocal\n    s = OldAsyncLocal()", ASYNC_SESSION),
        ("from app.database import *\n    s = None", "unknown"),
        ("from app.database import get_session\n    s = next(get_session())", SESSION),
        ("from app.database import opened\n    with opened() as s: pass", SESSION),
        (
            "from app.database import async_opened\n    async with async_opened() as s: pass",
            ASYNC_SESSION,
        ),
        ("from sqlalchemy.orm.session import Session\n    s = Session()", SESSION),
        ("import sqlalchemy.orm as orm\n    s = orm.Session()", SESSION),
        ("import sqlalchemy.orm\n    s = sqlalchemy.orm.Session()", SESSION),
        ("import requests\n    s = requests.Session()", "requests.Session"),
        (
            "from aiohttp import ClientSession as Session\n    s = Session()",
            "aiohttp.ClientSession",
        ),
        ("from app.database import SessionLocal\n    s = None or SessionLocal()", SESSION),
        ("from app.database import *\n    s = 1", "unknown"),
        (
            "from app.database import SessionLocal as S, Scoped\n    s = S() if 1 else Scoped",
            "unknown",
        ),
        (
            "from app.database import SessionLocal\n    s = SessionLocal()\n    s = open('x')",
            "unknown",
        ),
        ("from app.database import SessionLocal\n    s, n = SessionLocal(), 1", SESSION),
        ("from app.database import engine\n    s = engine.connect()", "sqlalchemy.Connection"),
        (
            "from app.database import async_engine\n    async with async_engine.begin() as s: pass",
            "sqlalchemy.ext.asyncio.AsyncConnection",
        ),
    ],
)
def test_where_a_session_comes_from(tmp_path: Path, body: str, expected: str) -> None:
    target = project(
        tmp_path,
        app____init__="",
        app__database=DATABASE,
        app__use=f"async def use():\n    {body}\n",
    )
    assert told(type_of(target, "s", "use")) == expected


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("s: Session", SESSION),
        ("s: 'Session'", SESSION),
        ("s: Session | None = None", SESSION),
        ("s: Optional[Session] = None", SESSION),
        ("s: 'Optional[Session]'", SESSION),
        ("s: Annotated[Session, Depends(get_session)]", SESSION),
        ("s: SessionDep", SESSION),
        ("s: Alias", SESSION),
        ("s: orm.Session", SESSION),
        ("s=Depends(get_session)", SESSION),
        ("s=Depends(get_async_session)", ASYNC_SESSION),
        ("s: Any = Depends(get_session)", SESSION),
        ("s: Session | AsyncSession", "unknown"),
        ("s: Mine", "Mine"),
        ("s: T", SESSION),
        ("s: Guarded", SESSION),
        ("s", "unknown"),
        ("*s", "unknown"),
    ],
)
def test_what_a_parameter_is(tmp_path: Path, parameter: str, expected: str) -> None:
    target = project(
        tmp_path,
        app____init__="",
        app__database=DATABASE,
        app__use=f"""
            from __future__ import annotations
            from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeVar
            from fastapi import Depends
            import sqlalchemy.orm as orm
            from app.database import *
            if TYPE_CHECKING:
                from sqlalchemy.orm import Session as Guarded
            Alias = SessionDep
            T = TypeVar("T", bound=Session)
            class Mine(Session): ...
            def use({parameter}): ...
        """,
    )
    assert told(type_of(target, "s", "use")) == expected
    if expected == "Mine":
        assert target.types.is_a(type_of(target, "s", "use"), SESSION)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self.session", SESSION),
        ("self.declared", SESSION),
        ("self.lazy", SESSION),
        ("self.made()", SESSION),
        ("self.repository", "Repository"),
        ("self.repository.db", SESSION),
        ("self.repository.again().db", SESSION),
        ("self.inherited", ASYNC_SESSION),
        ("super().inherited", ASYNC_SESSION),
        ("self.unknown", "unknown"),
        ("self.twice", "unknown"),
        ("self.uow", "Unit"),
    ],
)
def test_what_an_attribute_is(tmp_path: Path, text: str, expected: str) -> None:
    target = project(
        tmp_path,
        service="""
            from sqlalchemy.ext.asyncio import AsyncSession
            from sqlalchemy.orm import Session, sessionmaker
            from typing import Self

            class Unit:
                def __enter__(self):
                    return self

            class Repository:
                def __init__(self, db: Session):
                    self.db = db
                def again(self) -> Self:
                    return self

            class Base:
                def __init__(self, session: AsyncSession) -> None:
                    self.inherited = session

            class Service(Base):
                declared: Session
                def __init__(self, session: Session, factory: sessionmaker[Session]):
                    self.session = session
                    self.factory = factory
                    self.repository = Repository(session)
                    self.twice = session
                    self.twice = 1
                    with Unit() as self.uow:
                        pass
                @property
                def lazy(self):
                    return self.factory()
                def made(self):
                    return self.session
                def use(self):
                    ...
        """,
    )
    assert told(type_of(target, text, "Service.use")) == expected


def test_a_parameter_without_annotation_is_what_all_callers_pass(tmp_path: Path) -> None:
    target = project(
        tmp_path,
        crud="""
            def by_id(db, id): ...
            def mixed(db): ...
        """,
        routes="""
            from sqlalchemy.orm import Session
            import crud
            def read(db: Session):
                crud.by_id(db, 1)
                crud.mixed(db)
            def other(session: Session, x):
                crud.by_id(id=2, db=session)
                crud.mixed(x)
        """,
    )
    assert told(type_of(target, "db", "by_id")) == SESSION
    assert told(type_of(target, "db", "mixed")) == "unknown"


def test_a_fixture_is_what_a_test_asks_for_by_name(tmp_path: Path) -> None:
    target = project(
        tmp_path,
        tests__conftest="""
            import pytest
            from sqlalchemy.orm import Session
            @pytest.fixture
            def db():
                with Session() as session:
                    yield session
        """,
        tests__test_it="def test_it(db): ...",
    )
    assert told(type_of(target, "db", "test_it")) == SESSION


def test_state_of_the_application_is_what_was_set_on_it(tmp_path: Path) -> None:
    target = project(
        tmp_path,
        main="""
            from fastapi import FastAPI, Request
            from sqlalchemy.ext.asyncio import async_sessionmaker
            app = FastAPI()
            app.state.sessions = async_sessionmaker()
            def read(request: Request): ...
        """,
    )
    assert told(type_of(target, "request.app.state.sessions()", "read")) == ASYNC_SESSION
    assert told(type_of(target, "request.app.state.other", "read")) == "unknown"


def test_what_refers_to_itself_is_unknown_and_ends(tmp_path: Path) -> None:
    target = project(
        tmp_path,
        a="from b import x\ndef use(): ...\n",
        b="from a import x\nclass C(C): ...\ny = y\nf = lambda: f()\n",
    )
    assert type_of(target, "x", "use") is None
