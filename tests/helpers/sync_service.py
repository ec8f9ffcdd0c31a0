"""A sync service under TestClient, with faults of several kinds, and its tests."""

SYNC_SERVICE = """
import os

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

# A database for each of pytest's workers, which would else drop each other's tables.
worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
engine = create_engine(f"sqlite:///{worker}.db", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)


def get_db():
    with SessionLocal() as db:
        yield db
        db.commit()


@app.get("/rows")
def read(db: Session = Depends(get_db)) -> int:
    return db.query(Row).count()


@app.post("/rows")
def add(db: Session = Depends(get_db)) -> int:
    db.add(Row())
    db.flush()
    return 1


@app.post("/forgotten")
def forget() -> int:
    with SessionLocal() as db:
        db.add(Row())
        db.flush()
    return 1


@app.post("/audited")
def audited(db: Session = Depends(get_db)) -> int:
    db.query(Row).count()
    with SessionLocal() as audit:
        audit.query(Row).count()
    return 1
"""
SYNC_TESTS = """
import pytest
from fastapi.testclient import TestClient
from service import Base, SessionLocal, Row, app, engine


@pytest.fixture
def client():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add(Row())
        db.commit()
    return TestClient(app)


def test_read(client):
    assert client.get("/rows").json() == 1


@pytest.mark.parametrize("path", ["/rows", "/forgotten", "/audited"])
def test_post(client, path):
    assert client.post(path).status_code == 200


def test_that_fails():
    assert 1 == 2


@pytest.mark.skip(reason="not today")
def test_skipped():
    pass
"""
