"""Rows that are added and never written, and engines that do no harm."""

from pathlib import Path

from helpers.observing import findings_in

SERVICE = """
from fastapi import FastAPI, HTTPException
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

URL = "sqlite:///service.db"
engine = create_engine(URL)
never_connected = create_engine(URL)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)


for_the_tables = create_engine(URL)
Base.metadata.create_all(for_the_tables)
for_the_tables.dispose()


@app.post("/added")
def added() -> int:
    with Session(engine) as session:
        session.add(Row())  # added
        return 1


@app.post("/stored")
def stored() -> int:
    with Session(engine) as session:
        session.add(Row())
        session.commit()
        return 1


@app.post("/refused")
def refused() -> int:
    with Session(engine) as session:
        session.add(Row())
        raise HTTPException(409)


@app.post("/rolled-back")
def rolled_back() -> int:
    with Session(engine) as session:
        session.add(Row())
        session.rollback()
        return 1


second = create_engine(URL)


@app.get("/second")
def read_by_the_second() -> int:
    with Session(second) as session:
        return session.query(Row).count()
"""
TESTS = """
from fastapi.testclient import TestClient
from service import app


def test_all():
    client = TestClient(app)
    for path in PATHS:
        client.request("GET" if path == "/second" else "POST", path)
"""


def found_in(project: Path, *paths: str) -> set[tuple[str, str, str]]:
    found = findings_in(project, SERVICE, TESTS.replace("PATHS", repr(paths)))
    lines = SERVICE.splitlines()
    return {(each["rule"], each["grade"], lines[each["line"] - 1].strip()) for each in found}


def test_a_row_that_is_never_written_is_told_where_it_is_added(tmp_path: Path) -> None:
    assert found_in(tmp_path, "/added", "/stored", "/refused", "/rolled-back") == {
        ("session/commit-before-response", "suspected", "session.add(Row())  # added")
    }


def test_a_second_engine_counts_when_both_are_connected(tmp_path: Path) -> None:
    assert found_in(tmp_path, "/stored", "/second") == {
        ("engine/one-per-process", "proven", "second = create_engine(URL)")
    }
