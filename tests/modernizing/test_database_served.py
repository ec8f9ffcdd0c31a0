"""A sync service and what it becomes, both served on a real database and asked the same by HTTP."""

import json
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import run

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from async_db.modernizing import STEPS, Modernization
from helpers.modernizing import transformed
from helpers.served import served, write_files

SERVICE = {
    "app__settings": """
        import os

        DATABASE_URL = os.environ["DATABASE_URL"]
        """,
    "app__db": """
        from sqlalchemy import create_engine, event
        from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

        from app.settings import DATABASE_URL

        engine = create_engine(DATABASE_URL, pool_pre_ping=True, future=True)
        SessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=engine)
        connections = []


        @event.listens_for(engine, "connect")
        def connected(connection, record):
            connections.append(1)


        class Base(DeclarativeBase):
            pass


        def get_db():
            db = SessionLocal()
            try:
                yield db
                db.commit()
            except Exception:
                db.rollback()
                raise
            finally:
                db.close()
        """,
    "app__models": """
        from sqlalchemy.orm import Mapped, mapped_column

        from app.db import Base


        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
        """,
    "app__main": """
        from fastapi import Depends, FastAPI, HTTPException
        from sqlalchemy import func, select
        from sqlalchemy.orm import Session

        from app.db import Base, SessionLocal, connections, engine, get_db
        from app.models import Order

        # Tables that are not there yet.
        Base.metadata.create_all(bind=engine)

        app = FastAPI()
        state = {}


        @app.on_event("startup")
        def seed():
            with SessionLocal() as db:
                state["before"] = db.scalar(select(func.count()).select_from(Order))
                db.add(Order(name="seeded"))
                db.commit()


        @app.on_event("shutdown")
        def leave():
            db = SessionLocal()
            try:
                db.add(Order(name="left"))
                db.commit()
            finally:
                db.close()


        @app.post("/orders", status_code=201)
        def add(name: str, db: Session = Depends(get_db)):
            order = Order(name=name)
            db.add(order)
            db.flush()
            if name == "bad":
                raise HTTPException(400, "bad")
            return {"id": order.id, "name": order.name}


        @app.get("/orders")
        def list_orders(db: Session = Depends(get_db)):
            return [each.name for each in db.query(Order).order_by(Order.id).all()]


        @app.get("/state")
        def get_state():
            return {**state, "connected": bool(connections)}
        """,
}
REQUESTS = [
    ("GET", "/orders"),
    ("POST", "/orders?name=first"),
    ("POST", "/orders?name=bad"),
    ("POST", "/orders?name=second"),
    ("GET", "/orders"),
    ("GET", "/state"),
    ("POST", "/orders"),
    ("GET", "/openapi.json"),
]


@pytest.fixture(scope="module")
def done() -> Modernization:
    return transformed(SERVICE, *STEPS)


def test_nothing_is_left_to_a_person(done: Modernization) -> None:
    assert [each.reason for each in done.left] == []


def test_it_answers_and_stores_the_same_on_sqlite(done: Modernization, tmp_path: Path) -> None:
    told = []
    for name, texts in (("old", done.before.texts), ("new", done.after.texts)):
        url = f"sqlite:///{tmp_path / name}.db"
        told.append((_answers(tmp_path / name, texts, url, url), _rows(url)))

    assert told[1] == told[0]
    assert told[0][1] == ["seeded", "first", "second", "left"]


def test_it_answers_and_stores_the_same_on_postgresql(
    done: Modernization, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    told = []
    for name, texts, driver in (
        ("old", done.before.texts, "postgresql+psycopg"),
        ("new", done.after.texts, "postgresql"),
    ):
        url = make_url(new_database())
        given = url.set(drivername=driver).update_query_dict({"sslmode": "prefer"})
        ours = url.set(drivername="postgresql+psycopg")
        answers = _answers(
            tmp_path / name, texts, given.render_as_string(hide_password=False), ours
        )
        told.append((answers, _rows(ours)))

    assert told[1] == told[0]
    assert told[0][1] == ["seeded", "first", "second", "left"]


def _answers(
    folder: Path, texts: Mapping[str, str], url: str, ours: str | URL
) -> list[tuple[int, str]]:
    """Serve a service, and give what it answers, without what differs by time alone.

    The old one answers before it commits: each order it took is waited for, by a connection of
    our own.
    """
    write_files(folder, texts)
    answers = []
    with served(folder, DATABASE_URL=url) as client:
        for method, path in REQUESTS:
            answer = client.request(method, path)
            answers.append((answer.status_code, json.dumps(answer.json(), sort_keys=True)))
            if answer.status_code == 201:
                _wait_for_row(ours, answer.json()["name"])
    return answers


def _wait_for_row(url: str | URL, name: str) -> None:
    until = time.monotonic() + 30
    while name not in _rows(url):
        assert time.monotonic() < until, f"{name} was answered with 201, and is not there"
        time.sleep(0.01)


def _rows(url: str | URL) -> list[str]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return list(connection.scalars(text("select name from orders order by id")))
    finally:
        engine.dispose()


ALEMBIC = {
    "alembic.ini": "[alembic]\nscript_location = migrations\n",
    "migrations/versions/one.py": textwrap.dedent(
        """
        import sqlalchemy as sa
        from alembic import op

        revision, down_revision = "one", None


        def upgrade() -> None:
            op.create_table("things", sa.Column("id", sa.Integer, primary_key=True))
            op.execute("insert into things values (7)")


        def downgrade() -> None:
            op.drop_table("things")
        """
    ),
}
ENGINE = {
    "app__db": """
        import os

        from sqlalchemy import create_engine

        engine = create_engine(os.environ["DATABASE_URL"])
        """,
    "app__main": """
        from fastapi import FastAPI

        from app.db import engine

        app = FastAPI()
        """,
    "migrations__env": """
        from alembic import context

        from app.db import engine


        def run_migrations_online() -> None:
            # With the service's own engine.
            with engine.connect() as connection:
                context.configure(connection=connection, target_metadata=None)

                with context.begin_transaction():
                    context.run_migrations()


        run_migrations_online()
        """,
}


def test_an_environment_that_takes_the_engine_upgrades(tmp_path: Path) -> None:
    done = transformed(ENGINE, *STEPS)
    write_files(tmp_path, {**done.after.texts, **ALEMBIC})
    url = f"sqlite:///{tmp_path / 'migrated.db'}"

    upgrade = [sys.executable, "-m", "alembic", "upgrade", "head"]
    ended = run(  # noqa: S603 (our own command)
        upgrade,
        cwd=tmp_path,
        env={"DATABASE_URL": url, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert done.left == ()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert list(connection.scalars(text("select id from things"))) == [7]
    engine.dispose()
