"""Commits of operations: they stay, or, for who asks for what is not sure, the dependency does them."""

from pathlib import Path

import pytest

from async_db.modernizing import STEPS
from helpers.modernizing import in_project

REQUIREMENTS = "fastapi==0.121.1\nsqlalchemy==2.0.44\n"
MAIN = """
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite:///shop.db"))
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)


def get_session():
    session = SessionLocal()
    try:
        yield session
    finally:
        session.close()


@app.post("/orders")
def add(session: Session = Depends(get_session)):
    order = Order()
    session.add(order)
    session.commit()
    session.refresh(order)
    return order.__dict__
"""
PLAIN = MAIN.replace("order.__dict__", "order")


def main_of(folder: Path, text: str, *, unsafe: bool) -> str:
    files = {"main.py": text, "requirements.txt": REQUIREMENTS}
    return in_project(folder, files, *STEPS, unsafe=unsafe).after.texts["main.py"]


def test_the_dependency_commits_where_that_is_asked_for(tmp_path: Path) -> None:
    main = main_of(tmp_path, PLAIN, unsafe=True)
    assert "        yield session\n        await session.commit()\n" in main
    assert "    await session.flush()\n    await session.refresh(order)\n    return order\n" in main
    assert 'Depends(get_session, scope="function")' in main


def test_operations_commit_as_before_otherwise(tmp_path: Path) -> None:
    main = main_of(tmp_path, PLAIN, unsafe=False)
    assert "    await session.commit()\n    await session.refresh(order)\n" in main
    assert "unresolved" not in main


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return order", "return order.__dict__"),
        ("    session.commit()", "    session.commit()\n    session.commit()"),
        ("    session.commit()", "    with session.begin_nested():\n        session.commit()"),
        (
            "    session.commit()",
            "    try:\n        session.commit()\n    except ValueError:\n        session.rollback()",
        ),
        ("        yield session", "        yield session\n        print(1)"),
        ("    return order", '    print("stored")\n    return order'),
    ],
)
def test_an_operation_that_is_no_one_unit_of_work_stays(tmp_path: Path, old: str, new: str) -> None:
    main = main_of(tmp_path, PLAIN.replace(old, new), unsafe=True)
    assert "flush" not in main
    assert "yield session\n        await" not in main


def test_an_old_fastapi_would_commit_after_the_response(tmp_path: Path) -> None:
    files = {"main.py": PLAIN, "requirements.txt": REQUIREMENTS.replace("121.1", "120.0")}
    done = in_project(tmp_path, files, *STEPS, unsafe=True)
    assert "flush" not in done.after.texts["main.py"]
