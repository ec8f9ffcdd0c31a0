"""What is a session by what is asked of it, where no annotation says so."""

import pytest

from async_db.modernizing.steps.queries import queries
from async_db.modernizing.steps.sessions import sessions
from helpers.modernizing import check_noop, check_transformed, transformed

MODELS = """
from sqlalchemy import Column, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Parcel(Base):
    __tablename__ = "parcels"

    id = Column(Integer, primary_key=True)
    weight = Column(Integer)


class Depot(Base):
    __tablename__ = "depots"

    id = Column(Integer, primary_key=True)
"""
HEAD = "from sqlalchemy import func, select\nfrom models import Depot, Parcel\n"


@pytest.mark.parametrize(
    "asked",
    [
        "anything.query(Parcel).all()",
        "anything.query(func.max(getattr(given, 'weight'))).scalar()",
        "session.scalars(select(Parcel.weight)).all()",
        "db.get(Parcel, given)",
        "db.add(Parcel(id=given))",
    ],
)
def test_a_parameter_is_a_session_by_what_it_is_asked(asked: str) -> None:
    name = asked.partition(".")[0]
    done = check_transformed(
        {"models": MODELS, "app": f"{HEAD}def f({name}, given):\n    return {asked}\n"},
        {
            "app": "from sqlalchemy import func, select\nfrom sqlalchemy.orm import Session\n"
            f"from models import Depot, Parcel\ndef f({name}: Session, given):\n    return {asked}\n"
        },
        sessions,
    )
    assert done.counts == {"session": 1}


@pytest.mark.parametrize(
    "body",
    [
        "def f(index):\n    return index.query('word')\n",
        "def f(index):\n    return index.scalars(select(Parcel))\n",
        "def f(seen):\n    seen.add(Parcel(id=1))\n",
        "async def f(db):\n    return (await db.scalars(select(Parcel))).all()\n",
        "def f(db: 'Fake'):\n    return db.query(Parcel)\n",
        "def f(db=None):\n    return db.query(Parcel)\n",
        "def f(make):\n    db = make()\n    return db.query(Parcel)\n",
        "Session = dict\ndef f(db):\n    return db.query(Parcel)\n",
        "f = lambda db: db.query(Parcel)\n",
    ],
)
def test_what_may_be_something_else_gets_no_annotation(body: str) -> None:
    check_noop(sessions, models=MODELS, app=HEAD + body)


BY_KEY = """
from sqlalchemy.orm import Session

def by_id(db: Session, model, key):
    return db.query(model).filter(model.id == key).first()
"""


def test_a_parameter_that_all_callers_give_mapped_classes_is_one() -> None:
    uses = "\ndef use(db: Session):\n    return by_id(db, Parcel, 1), by_id(db, Depot, 1)\n"
    done = transformed({"models": MODELS, "app": HEAD + BY_KEY + uses}, queries)
    assert not done.left
    assert (
        "db.scalars(select(model).where(model.id == key).limit(1)).first()"
        in (done.after.texts["app.py"])
    )


@pytest.mark.parametrize(
    "uses",
    [
        "",
        "\ndef use(db: Session):\n    return by_id(db, Parcel, 1), by_id(db, Parcel.id, 1)\n",
        "\ndef use(db: Session, *args):\n    return by_id(db, *args)\n",
    ],
)
def test_a_parameter_that_may_be_a_column_stays_in_doubt(uses: str) -> None:
    done = transformed({"models": MODELS, "app": HEAD + BY_KEY + uses}, queries)
    assert ["by its name alone" in each.reason for each in done.left] == [True]


@pytest.mark.parametrize(
    ("columns", "left"),
    [
        ("cols = [Parcel.id, Parcel.weight]", 0),
        ("cols = [Parcel.id]", 1),
        ("cols = [Parcel.id, Depot.id] if given else [Parcel]", 1),
    ],
)
def test_columns_in_a_list_are_rows_where_there_are_several(columns: str, left: int) -> None:
    body = (
        "from sqlalchemy.orm import Session\n"
        f"def f(db: Session, given):\n    {columns}\n"
        "    if given:\n        cols.append(Parcel.weight.label('again'))\n"
        "    return db.query(*cols).all()\n"
    )
    done = transformed({"models": MODELS, "app": HEAD + body}, queries)
    assert len(done.left) == left
    assert ("db.execute(select(*cols)).all()" in done.after.texts["app.py"]) == (not left)
