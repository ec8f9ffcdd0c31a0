"""Typed mappings: the same tables as before, in both dialects, and what is left."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.orm import configure_mappers
from sqlalchemy.schema import CreateTable

from async_db.modernizing import Options
from async_db.modernizing.steps.typed_mappings import typed_mappings
from helpers.modernizing import check_noop, check_transformed, transformed

DIALECTS = [make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql+psycopg")]
ASKED = Options(typed_mappings=True)
MODELS = """
import uuid
from datetime import datetime

from sqlalchemy import (
    JSON, Boolean, Column, Date, DateTime, Float, ForeignKey, Integer, LargeBinary, Numeric, String,
    Text, Uuid, func
)
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Order(Base):
    __tablename__ = "orders"

    id = Column(Integer, primary_key=True)
    key = Column("the_key", Uuid, default=uuid.uuid4, unique=True)
    reference = Column(String(40), nullable=False, index=True)
    note = Column(Text)  # what the customer said
    paid = Column(Boolean, default=False, nullable=False)
    weight = Column(Float, nullable=True)
    price = Column(Numeric(10, 2), server_default="0")
    made_at = Column(DateTime(timezone=True), default=datetime.now, server_default=func.now())
    due = Column(Date)
    more = Column(JSON)
    must = Column(JSON, nullable=False)
    raw = Column(type_=LargeBinary)
    items = relationship("Item", back_populates="order")


class Item(Base):
    __tablename__ = "items"

    id = Column(Integer, primary_key=True, autoincrement=True)
    order_id = Column(Integer, ForeignKey("orders.id", ondelete="CASCADE"))
    place = Column(
        String(3),
        nullable=False,
    )
    order = relationship("Order", back_populates="items")
"""


def _imported(folder: Path, name: str, text: str) -> ModuleType:
    path = folder / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _tables(module: Any) -> list[str]:
    configure_mappers()
    return [
        str(CreateTable(table).compile(dialect=dialect))
        for table in module.Base.metadata.sorted_tables
        for dialect in DIALECTS
    ]


def test_the_tables_stay_as_they_are(tmp_path: Path) -> None:
    done = transformed({"models": MODELS}, typed_mappings, options=ASKED)
    after = done.after.texts["models.py"]
    old = _imported(tmp_path, "old_typed", done.before.texts["models.py"])
    new = _imported(tmp_path, "new_typed", after)

    assert [each.reason for each in done.left] == []
    assert "= Column(" not in after
    assert _tables(new) == _tables(old)


def test_what_is_written() -> None:
    check_transformed(
        {
            "models": """
            from sqlalchemy import Column, DateTime, Integer
            from sqlalchemy.orm import declarative_base

            Base = declarative_base()


            class Order(Base):
                __tablename__ = "orders"

                id = Column(Integer, primary_key=True)
                made_at = Column(DateTime)  # by the clock
            """
        },
        {
            "models": """
            from datetime import datetime

            from sqlalchemy import DateTime, Integer
            from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

            class Base(DeclarativeBase):
                pass


            class Order(Base):
                __tablename__ = "orders"

                id: Mapped[int] = mapped_column(Integer, primary_key=True)
                made_at: Mapped[datetime | None] = mapped_column(DateTime)  # by the clock
            """
        },
        typed_mappings,
        options=ASKED,
    )


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("kind = Column(Enum('a', 'b'))", "type is in Python"),
        ("order_id = Column(ForeignKey('orders.id'))", "type is in Python"),
        ("price = Column(Numeric(asdecimal=False))", "type is in Python"),
        ("note = Column(String, nullable=WITH_NULL)", "may be NULL"),
        ("date = Column(Date)", "name of an attribute"),
        ("note = Column(*given)", "cannot be seen"),
    ],
)
def test_what_cannot_be_told_is_left(column: str, reason: str) -> None:
    text = f"""
from sqlalchemy import Column, Date, Enum, ForeignKey, Numeric, String
from base import Base


class Order(Base):
    __tablename__ = "orders"
    {column}
"""
    done = transformed({"models": text}, typed_mappings, options=ASKED)
    assert [reason in each.reason for each in done.left] == [True]
    assert f"    {column}\n" in done.after.texts["models.py"]


def test_a_base_that_is_told_more_is_left() -> None:
    text = "from sqlalchemy.orm import declarative_base\nBase = declarative_base(cls=object)\n"
    done = transformed({"models": text}, typed_mappings, options=ASKED)
    assert ["more than its metadata" in each.reason for each in done.left] == [True]


def test_nothing_is_done_unasked() -> None:
    check_noop(typed_mappings, models=MODELS)
