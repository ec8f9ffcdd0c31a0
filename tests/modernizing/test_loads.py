"""What is loaded with its object: by the queries that a record knows, else by the relationship."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from async_db.modernizing import STEPS, Modernization, Options, modernize, read_sources
from async_db.records import parse_record
from helpers.served import write_files

MODELS = """
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

engine = create_engine("sqlite:///shop.db", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list["Line"]] = relationship(back_populates="order")


class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped[Order] = relationship(back_populates="lines")
"""
MAIN = """
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.models import Line, Order, SessionLocal

app = FastAPI()


class LineOut(BaseModel, from_attributes=True):
    id: int


class OrderOut(BaseModel, from_attributes=True):
    id: int
    lines: list[LineOut]


def get_session():
    with SessionLocal() as session:
        yield session


@app.get("/orders/{key}", response_model=OrderOut)
def one(key: int, session: Session = Depends(get_session)):
    return session.get(Order, key) or HTTPException(404)


@app.get("/orders", response_model=list[OrderOut])
def every(session: Session = Depends(get_session)):
    return session.query(Order).order_by(Order.id).all()


@app.get("/lines")
def lines(session: Session = Depends(get_session)) -> list[int]:
    statement = select(Line).where(Line.id > 0)
    return [each.order.id for each in session.scalars(statement.order_by(Line.id))]
"""
UNSEEN = """

@app.get("/numbers")
def numbers(session: Session = Depends(get_session)) -> list[int]:
    return [each.id for each in session.scalars(select(Order))]
"""
TESTS = """
import pytest
from fastapi.testclient import TestClient

from shop.main import app
from shop.models import Base, Line, Order, SessionLocal, engine


@pytest.fixture
def client():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        session.add(Order(lines=[Line(), Line()]))
        session.commit()
    return TestClient(app)


def test_orders(client):
    assert client.get("/orders/1").json() == {"id": 1, "lines": [{"id": 1}, {"id": 2}]}
    assert client.get("/orders").json() == [{"id": 1, "lines": [{"id": 1}, {"id": 2}]}]


def test_lines(client):
    assert client.get("/lines").json() == [1, 1]
"""


def _pytest(folder: Path, root: Path, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 (our own interpreter, arguments as a list)
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{folder}{os.pathsep}{root / 'scripts/pytest_plugin'}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def moved(folder: Path, root: Path, main: str = MAIN) -> Modernization:
    """Record what the service's tests do, and move it by that."""
    files = {"shop/models.py": MODELS, "shop/main.py": main, "tests/test_shop.py": TESTS}
    write_files(folder, {**files, "shop/__init__.py": ""})
    _pytest(folder, root, "-p", "async_db_observe", "--observe-record=record.json")
    record = parse_record((folder / "record.json").read_bytes())
    options = Options(edges=record.edges, loads=record.loads)
    return modernize(read_sources(folder), options, STEPS)


def test_queries_that_a_record_knows_load_what_is_read(tmp_path: Path, root: Path) -> None:
    done = moved(tmp_path, root)
    main = done.after.texts["shop/main.py"]

    assert "await session.get(Order, key, options=[selectinload(Order.lines)])" in main
    assert "select(Order).options(selectinload(Order.lines)).order_by(Order.id)" in main
    assert "statement = select(Line).options(selectinload(Line.order)).where(Line.id > 0)" in main
    assert "from sqlalchemy.orm import selectinload\n" in main
    assert "lazy=" not in done.after.texts["shop/models.py"]
    assert {each.knowledge for each in done.changes if each.kind == "selectinload"} == {"recorded"}
    for path, data in done.after.changed().items():
        (tmp_path / path).write_bytes(data)
    _pytest(tmp_path, root, "-o", "asyncio_mode=auto")


@pytest.mark.exhaustive
def test_a_query_that_no_test_runs_has_the_relationship_load_itself(
    tmp_path: Path, root: Path
) -> None:
    done = moved(tmp_path, root, MAIN + UNSEEN)
    models = done.after.texts["shop/models.py"]

    assert 'relationship(back_populates="order", lazy="selectin")' in models
    assert "selectinload(Order" not in done.after.texts["shop/main.py"]
    assert "selectinload(Line.order)" in done.after.texts["shop/main.py"]
