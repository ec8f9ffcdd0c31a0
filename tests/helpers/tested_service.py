"""A sync service that modernize is tried on with its tests: on SQLite, and on PostgreSQL with rollbacks."""

SERVICE = {
    "app/database.py": """
import os

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite:///./served.db")
engine = create_engine(DATABASE_URL)
SessionLocal = sessionmaker(bind=engine, autoflush=False)


class Base(DeclarativeBase):
    pass


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
""",
    "app/models.py": """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
""",
    "app/prices.py": """
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Book


def price_of(db: Session, book_id: int) -> int:
    return 10 * db.scalar(select(func.count()).select_from(Book).where(Book.id <= book_id))


class Shop:
    def __init__(self, db: Session) -> None:
        self.db = db

    def total(self) -> int:
        return self.db.scalar(select(func.count()).select_from(Book))

    def greeting(self) -> str:
        return "welcome"
""",
    "app/main.py": """
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, HTTPException, Request, WebSocket
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import prices
from app.database import get_db
from app.models import Book, Shelf


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.started = getattr(app.state, "started", 0) + 1
    yield {"greeting": "hello"}
    app.state.started -= 1


app = FastAPI(lifespan=lifespan)


@app.post("/shelves/{name}", status_code=201)
def add_shelf(name: str, db: Session = Depends(get_db)) -> int:
    shelf = Shelf(name=name)
    db.add(shelf)
    try:
        db.commit()
    except IntegrityError:
        db.rollback()
        raise HTTPException(409) from None
    return shelf.id


@app.post("/shelves/{name}/books", status_code=201)
def add_book(name: str, title: str, db: Session = Depends(get_db)) -> int:
    shelf = db.scalars(select(Shelf).where(Shelf.name == name)).one_or_none()
    if shelf is None:
        raise HTTPException(404)
    book = Book(title=title, shelf_id=shelf.id)
    db.add(book)
    db.commit()
    return book.id


@app.get("/books")
def books(db: Session = Depends(get_db)) -> list[str]:
    return list(db.scalars(select(Book.title).order_by(Book.id)))


@app.get("/books/{book_id}/price")
def price(book_id: int, db: Session = Depends(get_db)) -> int:
    return prices.price_of(db, book_id)


@app.get("/total")
def total(db: Session = Depends(get_db)) -> int:
    return prices.Shop(db).total()


@app.get("/greeting")
def greeting(request: Request) -> str:
    return request.state.greeting


@app.get("/started")
def started(request: Request) -> int:
    return getattr(request.app.state, "started", 0)


@app.get("/old")
def old() -> RedirectResponse:
    return RedirectResponse("/books")


@app.get("/broken")
def broken() -> int:
    raise ValueError("broken")


@app.get("/login")
def login() -> RedirectResponse:
    response = RedirectResponse("/who")
    response.set_cookie("who", "ann")
    return response


@app.get("/who")
def who(request: Request) -> str:
    return request.cookies.get("who", "nobody")


@app.websocket("/echo")
async def echo(socket: WebSocket):
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()
""",
    "app/__init__.py": "",
    "tests/__init__.py": "",
}
"""The service itself, which both sets of tests are of."""
ISOLATED = {
    "setup.cfg": """
[metadata]
name = shop

; how the tests run
[tool:pytest]
testpaths = tests
""",
    "tests/conftest.py": """
from collections.abc import Generator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, sessionmaker

from app.database import Base, SessionLocal, engine, get_db
from app.main import app
from app.models import Shelf

TestingSession = sessionmaker(autoflush=False)


@pytest.fixture(scope="session", autouse=True)
def tables() -> Generator[None, None, None]:
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    yield
    Base.metadata.drop_all(engine)


@pytest.fixture
def connection() -> Generator[Connection, None, None]:
    connection = engine.connect()
    transaction = connection.begin()
    yield connection
    transaction.rollback()
    connection.close()


@pytest.fixture
def db(connection: Connection) -> Generator[Session, None, None]:
    session = Session(bind=connection, join_transaction_mode="create_savepoint")
    yield session
    session.close()


@pytest.fixture
def old_db() -> Generator[Session, None, None]:
    # As it was done before SQLAlchemy 2.0: a SAVEPOINT that is begun again when it ends.
    connection = engine.connect()
    transaction = connection.begin()
    session = Session(bind=connection)
    nested = connection.begin_nested()

    @event.listens_for(session, "after_transaction_end")
    def restart_savepoint(session, transaction):
        nonlocal nested
        if not nested.is_active:
            nested = connection.begin_nested()

    yield session
    session.close()
    transaction.rollback()
    connection.close()


@pytest.fixture
def default_db() -> Generator[Session, None, None]:
    # The default mode of joining, which survives what commits but not what rolls back.
    with engine.connect() as connection:
        transaction = connection.begin()
        session = TestingSession(bind=connection)
        yield session
        session.close()
        transaction.rollback()


@pytest.fixture(params=[0, 1, 2])
def client(
    request: pytest.FixtureRequest, db: Session, old_db: Session, default_db: Session
) -> Generator[TestClient, None, None]:
    session = (db, old_db, default_db)[request.param]
    app.dependency_overrides[get_db] = lambda: session
    with TestClient(app) as client:
        yield client
    del app.dependency_overrides[get_db]


@pytest.fixture(scope="module")
def stored() -> Generator[int, None, None]:
    with SessionLocal() as session:
        shelf = Shelf(name="stored")
        session.add(shelf)
        session.commit()
        shelf_id = shelf.id
    yield shelf_id
    with SessionLocal() as session:
        session.delete(session.get(Shelf, shelf_id))
        session.commit()
""",
    "tests/test_service.py": """
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import SessionLocal
from app.models import Book, Shelf


def test_commits_are_undone(client) -> None:
    assert client.post("/shelves/first").status_code == 201
    assert client.post("/shelves/first/books?title=Emma").status_code == 201
    assert client.get("/books").json() == ["Emma"]


def test_nothing_is_left(client) -> None:
    assert client.get("/books").json() == []


def test_what_a_test_stores_the_service_sees(db: Session, stored: int) -> None:
    db.add(Book(title="Emma", shelf_id=stored))
    db.commit()
    db.rollback()
    assert db.scalar(select(func.count()).select_from(Book)) == 1


def test_what_is_really_stored(stored: int) -> None:
    with SessionLocal() as session:
        assert session.get(Shelf, stored).name == "stored"
        assert session.query(Shelf).count() == 1
""",
}
"""Tests in transactions that are undone, in three ways that people know, on the service's own database."""
