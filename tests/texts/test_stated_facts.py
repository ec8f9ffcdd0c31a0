"""What the references state besides their rules of the ORM, and the releases installed still do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    event,
    func,
    inspect,
    select,
    text,
    tuple_,
    union,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    selectinload,
)
from sqlalchemy.schema import CreateTable, conv

from helpers.stated_models import Base, Eager, Item, Order


@pytest.fixture
def sqlite() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("model", "statements"), [(Order, 1), (Eager, 100)])
def test_each_changed_row_is_a_statement_with_eager_defaults(
    sqlite: Engine, model: type[Order] | type[Eager], statements: int
) -> None:
    with Session(sqlite) as session:
        rows = [model() for _ in range(100)]
        session.add_all(rows)
        session.flush()
        with counted(sqlite) as seen:
            for row in rows:
                row.number += 1
            session.flush()
    assert len(seen) == statements


def test_selectinload_is_a_query_for_each_500_rows(sqlite: Engine) -> None:
    with Session(sqlite) as session, counted(sqlite) as seen:
        session.add_all(Order() for _ in range(1200))
        session.commit()
        seen.clear()
        session.scalars(select(Order).options(selectinload(Order.items))).all()
    assert len(seen) == 1 + 3


def test_pages_by_a_time_of_the_server_lose_rows_on_sqlite(sqlite: Engine) -> None:
    key = tuple_(Order.created_at, Order.id)
    seen: list[int] = []
    with Session(sqlite) as session:
        moment = text("'2026-01-02 03:04:05'")  # as CURRENT_TIMESTAMP writes it
        session.add_all(Order(created_at=moment) for _ in range(5))
        session.commit()
        page = select(Order).order_by(Order.created_at, Order.id).limit(2)
        rows = session.scalars(page).all()
        while rows:
            seen += [row.id for row in rows]
            rows = session.scalars(page.where(key > (rows[-1].created_at, rows[-1].id))).all()
    assert seen == [1, 2]


@pytest.mark.parametrize(
    ("setting", "inserted", "updated"),
    [("auto", True, False), (True, True, True), (False, False, False)],
)
def test_what_eager_defaults_loads(setting: str | bool, inserted: bool, updated: bool) -> None:
    class Local(DeclarativeBase):
        pass

    class Row(Local):
        __tablename__ = "rows"
        __mapper_args__ = {"eager_defaults": setting}  # noqa: RUF012 - as above

        id: Mapped[int] = mapped_column(primary_key=True)
        number: Mapped[int] = mapped_column(default=0)
        changed_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    engine = create_engine("sqlite://")
    Local.metadata.create_all(engine)
    with Session(engine) as session:
        row = Row()
        session.add(row)
        loaded = []
        for _ in range(2):
            session.flush()
            loaded.append("changed_at" not in inspect(row).unloaded)
            row.number += 1
    engine.dispose()
    assert loaded == [inserted, updated]


def test_from_statement_of_a_union_ignores_joinedload(sqlite: Engine) -> None:
    both = union(select(Order), select(Order))
    with Session(sqlite) as session:
        session.add(Order(items=[Item()]))
        session.commit()
        order = session.scalars(
            select(Order).from_statement(both).options(joinedload(Order.items))
        ).one()
        assert "items" in inspect(order).unloaded
        session.expunge_all()
        alias = aliased(Order, both.subquery())
        statement = select(alias).options(joinedload(alias.items)).order_by(alias.id).limit(1)
        order = session.scalars(statement).unique().one()
        assert "items" not in inspect(order).unloaded


def test_the_convention_is_put_around_the_name_of_a_check() -> None:
    metadata = MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
    checks = [CheckConstraint("n > 0", name=name) for name in ("given", conv("kept"))]
    ddl = str(CreateTable(Table("t", metadata, Column("n", Integer), *checks)))
    assert "CONSTRAINT ck_t_given CHECK" in ddl
    assert "CONSTRAINT kept CHECK" in ddl
