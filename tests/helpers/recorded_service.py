"""A sync service whose calls reach the database in many ways, and its tests."""

RECORDED_SERVICE = """
import os
from contextlib import contextmanager
from functools import wraps

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
    sessionmaker,
)

worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
engine = create_engine(f"sqlite:///{worker}.db", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Parent(Base):
    __tablename__ = "parents"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="x")
    note: Mapped[str] = mapped_column(default="n", deferred=True)
    children: Mapped[list["Child"]] = relationship(back_populates="parent")


class Child(Base):
    __tablename__ = "children"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parents.id"))
    parent: Mapped[Parent | None] = relationship(back_populates="children")


class ChildOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int


class ParentOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    children: list[ChildOut]


def logged(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


class Parents:
    def __init__(self, session):
        self.session = session

    @logged
    def one(self, key):
        return self.session.get(Parent, key)

    def names(self):
        return [self.one(each.id).name for each in self.all()]

    def all(self):
        return self.session.execute(
            select(Parent)
        ).scalars().all()

    def rows(self):
        for each in self.session.scalars(select(Parent)):
            yield each

    def listed(self):
        return list(self.rows())

    def looped(self):
        for each in self.rows():
            return each

    def ranked(self):
        return sorted([1], key=lambda key: self.one(key).id)

    def mapped(self):
        return list(map(self.named, [1]))

    def named(self, key):
        return self.session.get(Parent, key).name

    @property
    def count(self):
        return self.session.query(Parent).count()

    def counted(self):
        return self.count + 1

    def keys(self):
        return len(self.session.query(Parent).all()) > 0 and "é" and self.chosen(self.named)

    def chosen(self, find):
        return find(1)


class Untouched:
    def all(self):
        return []


@contextmanager
def session_scope():
    session = SessionLocal()
    try:
        yield session
        session.commit()
    finally:
        session.close()


def get_db():
    with session_scope() as session:
        yield session


app = FastAPI()


@app.get("/parents", response_model=list[ParentOut])
def parents(db=Depends(get_db)):
    return Parents(db).all()


@app.get("/awaited", response_model=list[ParentOut])
async def awaited(db=Depends(get_db)):
    return Parents(db).all()


@app.get("/everything")
def everything(db=Depends(get_db)):
    all_of_them = Parents(db)
    all_of_them.names(), all_of_them.listed(), all_of_them.ranked(), all_of_them.looped()
    all_of_them.mapped(), all_of_them.keys(), all_of_them.counted()
    return sum(len(each.children) for each in all_of_them.rows())


@app.get("/note")
def note(db=Depends(get_db)):
    return Parents(db).one(1).note


@app.get("/model")
def model(db=Depends(get_db)):
    return ParentOut.model_validate(db.get(Parent, 1)).id


@app.get("/orphan")
def orphan(db=Depends(get_db)):
    db.add(Child())
    db.flush()
    orphans = db.scalars(select(Child).where(Child.parent_id.is_(None)))
    return [each.id for each in orphans if each.parent is None]


@app.post("/parents")
def add(db=Depends(get_db)):
    parent = Parent()
    db.add(parent)
    db.commit()
    kept = parent.name
    db.expire(parent)
    return {"kept": kept, "read": parent.name, "children": len(parent.children)}


@app.get("/expired")
def expired(db=Depends(get_db)):
    parent = db.get(Parent, 1)
    db.expire(parent)
    return len(parent.children)


@app.get("/loops")
def loops(db=Depends(get_db)):
    for each in db.scalars(select(Parent)):
        size = len(each.children)
    with db.begin_nested():
        return size


@app.get("/quiet")
def quiet(db=Depends(get_db)):
    return Untouched().all()
"""
RECORDED_TESTS = """
import pytest
from fastapi.testclient import TestClient
from service import Base, Child, Parent, app, engine, get_db, session_scope


@pytest.fixture
def client():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with session_scope() as session:
        session.add(Parent(children=[Child()]))
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("path", ["/parents", "/awaited"])
def test_parents(client, path):
    assert client.get(path).json() == [{"id": 1, "children": [{"id": 1}]}]


def test_everything(client):
    response = client.get(
        "/everything",
    )
    assert response.json() == 1 and client.post("/parents").status_code == 200


@pytest.mark.parametrize("path", ["/note", "/model", "/orphan", "/quiet", "/expired", "/loops"])
def test_reads(client, path):
    assert client.get(path).status_code == 200


def test_dependency(client):
    db = next(get_db())
    assert db.get(Parent, 1) is not None


def test_without_database():
    assert helper() == 1


def helper():
    return 1


def test_that_fails():
    assert helper() == 2
"""


def end_of(text: str, snippet: str) -> tuple[int, int]:
    """Give where the only occurrence of something in a text ends, as `ast` tells it."""
    before, found, rest = text.partition(snippet)
    assert found, f"not in the text: {snippet}"
    assert snippet not in rest, f"several times in the text: {snippet}"
    whole = before + found
    return whole.count("\n") + 1, len(whole.rpartition("\n")[2].encode())
