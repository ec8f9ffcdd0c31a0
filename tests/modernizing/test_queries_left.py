"""What the step for queries leaves alone, what it leaves to a person, and what it does if told to."""

import pytest
from modernizing.query_project import HEAD, MODELS

from async_db.modernizing import Options
from async_db.modernizing.steps.queries import queries
from helpers.modernizing import check_noop, check_transformed, transformed


def reasons(body: str, options: Options = Options()) -> list[str]:  # noqa: B008 (frozen)
    """Give why queries of a module are left, which then keep their text."""
    done = transformed({"models": MODELS, "app": HEAD + body}, queries, options=options)
    return [each.reason for each in done.left]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("def f(db: Session):\n    return bool(db.query(Order).paginate(1))\n", "`paginate`"),
        ("def f(db: Session, paginate):\n    return paginate(db.query(Order))\n", "passed to"),
        ("def f(db: Session):\n    return db.query(Order).from_self().all()\n", "`from_self`"),
        (
            "def f(db: Session):\n    q = db.query(Order)\n    return q.union(db.query(Order)).all()\n",
            "`union`",
        ),
        (
            "def f(db: Session):\n    q = db.query(Order)\n    n = q.count()\n    return q.delete(), n\n",
            "`delete` of a query in a variable",
        ),
        (
            "def f(db: Session):\n    return db.query(Order).join(Order.items).delete()\n",
            "more than one class",
        ),
        ("def f(db: Session):\n    if db.query(Order):\n        return 1\n", "its truth"),
        (
            "class A:\n    def __init__(self, db: Session):\n        self.q = db.query(Order)\n",
            "kept on an object",
        ),
        ("def f(db: Session, *cols):\n    return db.query(*cols).all()\n", "a list"),
        (
            "def f(db: Session, what):\n    return db.query(what).all()\n",
            "a mapped class or a column",
        ),
        (
            "def f(db: Session, q):\n    if q:\n        q = db.query(Order)\n    return q.all()\n",
            "may be something that is not known",
        ),
        (
            (
                "def f(db: Session, a):\n    q = db.query(Order) if a else db.query(Order.id)\n"
                "    return q.all()\n"
            ),
            "objects or rows",
        ),
        (
            "def f(db: Session):\n    return db.query(Order.id).distinct().order_by(Order.note).all()\n",
            "ordered by `Order.note`",
        ),
        (
            (
                "def make():\n    with Session() as db:\n        return db.query(Order)\n\n"
                "def f():\n    return make().all()\n"
            ),
            "no name for its session",
        ),
        (
            (
                "def f(one, two):\n    with Session(one) as db:\n        q = db.query(Order)\n"
                "    with Session(two) as db:\n        return q.all()\n"
            ),
            "another session",
        ),
        (
            "import functools\n\n@functools.cache\ndef f(db: Session):\n    return db.query(Order)\n",
            "decorated",
        ),
        (
            "async def f(db: Session):\n    return db.query(Order)\n",
            "event loop",
        ),
        (
            (
                "def f(db: Session):\n    return db.query(Order)\n\ndef g(db, make=f):\n"
                "    return make(db).all()\n"
            ),
            "passed on as a value",
        ),
        (
            (
                "class A:\n    def q(self, db: Session):\n        return db.query(Order)\n\n"
                "class B(A):\n    def q(self, db: Session):\n        return None\n"
            ),
            "one of several",
        ),
        (
            "def f(q):\n    return q.count()\n\ndef g(db: Session):\n    return f(db.query(Order))\n",
            "no name for its session",
        ),
        (
            (
                "def f(q):\n    return q.filter(True)\n\ndef g(db: Session):\n"
                "    f([])\n    return f(db.query(Order)).all()\n"
            ),
            "known to be a query",
        ),
        (
            "def f(db: Session):\n    return db.query(Order).autoflush(False).limit(1).count()\n",
            "how it is executed",
        ),
    ],
)
def test_what_is_left_says_why(body: str, reason: str) -> None:
    found = reasons(body)
    assert found
    assert all(reason in each for each in found), found


@pytest.mark.parametrize(
    ("body", "doubt", "after"),
    [
        (
            "def f(db, model):\n    return db.query(model).all()\n",
            "by its name alone",
            "    return db.scalars(select(model)).all()\n",
        ),
        (
            "def f(db: Session):\n    return db.query(Order.id, Item.id).all()\n",
            "`row.id` meant the last",
            "    return db.execute(select(Order.id, Item.id)).all()\n",
        ),
        (
            (
                "def f(db: Session, given):\n"
                "    return db.query(Order).join(Item).filter_by(**given).all()\n"
            ),
            "joined last",
            "    return db.scalars(select(Order).join(Item).filter_by(**given)).unique().all()\n",
        ),
    ],
)
def test_what_is_doubtful_is_done_where_that_is_asked_for(
    body: str, doubt: str, after: str
) -> None:
    (left,) = reasons(body)
    assert doubt in left
    done = transformed(
        {"models": MODELS, "app": HEAD + body}, queries, options=Options(unsafe=True)
    )
    assert [each.grade for each in done.changes] == ["unsafe"]
    assert after in done.after.texts["app.py"]


def test_what_is_no_query_is_left_alone() -> None:
    check_noop(
        queries,
        models=MODELS,
        app="""
        import pandas
        from sqlalchemy import select
        from sqlalchemy.ext.asyncio import AsyncSession
        from sqlalchemy.orm import Session
        from models import Order


        class Search:
            def query(self, text):
                return [text]


        def f(frame: pandas.DataFrame, search: Search, db: Session):
            frame.query("a > 1").all()
            search.query(Order)
            return db.scalars(select(Order)).all()


        async def g(db: AsyncSession):
            return await db.get(Order, 1)
        """,
    )


def test_a_comment_says_what_is_left() -> None:
    check_transformed(
        {
            "models": MODELS,
            "app": """
            from sqlalchemy.orm import Session
            from models import Order


            def f(db: Session):
                return db.query(Order).paginate(2)
            """,
        },
        {
            "app": """
            from sqlalchemy.orm import Session
            from models import Order


            def f(db: Session):
                # async-db: unresolved[queries/select-not-query] write select(…) by hand: `paginate` has no counterpart that is the same in all cases
                return db.query(Order).paginate(2)
            """
        },
        queries,
    )


def test_annotations_follow() -> None:
    check_transformed(
        {
            "models": MODELS,
            "app": """
            from sqlalchemy.orm import Query, Session
            from models import Order


            def late(query: Query) -> "Query[Order]":
                return query.filter(Order.note == "late")


            def f(db: Session):
                found: Query = db.query(Order)
                return late(found).all()
            """,
        },
        {
            "app": """
            from sqlalchemy import Select, select
            from sqlalchemy.orm import Session
            from models import Order


            def late(query: Select) -> "Select[tuple[Order]]":
                return query.where(Order.note == "late")


            def f(db: Session):
                found: Select = select(Order)
                return db.scalars(late(found)).all()
            """
        },
        queries,
    )


def test_names_that_are_taken_are_not_taken_away() -> None:
    check_transformed(
        {
            "models": MODELS,
            "app": """
            import sqlalchemy as sa
            from sqlalchemy.orm import Session
            from models import Order


            def delete(db: Session, id_):
                db.query(Order).filter(Order.id == id_).delete()


            def select(db: Session):
                return db.query(Order).all()
            """,
        },
        {
            "app": """
            import sqlalchemy as sa
            from sqlalchemy.orm import Session
            from models import Order


            def delete(db: Session, id_):
                db.execute(sa.delete(Order).where(Order.id == id_))


            def select(db: Session):
                return db.scalars(sa.select(Order)).all()
            """
        },
        queries,
    )


def test_a_relationship_by_its_name_is_the_class_s() -> None:
    done = transformed(
        {
            "models": MODELS,
            "app": HEAD + "def f(db: Session):\n    return db.query(Order).join('items').all()\n",
        },
        queries,
    )
    wanted = "db.scalars(select(Order).join(Order.items)).unique().all()"
    assert wanted in done.after.texts["app.py"]


def test_dynamic_relationships_and_query_properties_are_told() -> None:
    found = reasons(
        """
from sqlalchemy.orm import relationship, scoped_session, sessionmaker
from models import Base

current = scoped_session(sessionmaker())


class Shelf(Base):
    __tablename__ = "shelves"
    query = current.query_property()
    boxes = relationship("Box", lazy="dynamic")


def f(shelf):
    return shelf.boxes.filter(True).all(), Shelf.query.all()
"""
    )
    assert sorted(each.partition(":")[0] for each in found) == [
        "`Shelf.query`",
        "`boxes` is a dynamic relationship",
        'lazy="dynamic" gives a 1.x query',
    ]


def test_a_mock_of_query_is_told() -> None:
    done = transformed(
        {
            "models": MODELS,
            "tests__test_app": """
            from unittest.mock import MagicMock
            from models import Order

            def test_it():
                db = MagicMock()
                db.query.return_value.filter.return_value.first.return_value = None


            class Spy:
                def query(self, *given):
                    return []

                def commit(self):
                    self.query = None


            def test_spy():
                spy = Spy()
                spy.query = lambda *given: []
            """,
        },
        queries,
    )
    assert [(each.rule, each.grade, each.line) for each in done.changes] == [
        ("testing/real-database", "withheld", line) for line in (9, 6, 19)
    ]
