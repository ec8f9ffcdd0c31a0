"""The models of the translation table that the service has not: as 1.x had them, and as 2.x has."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, String, create_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    WriteOnlyMapped,
    aliased,
    declarative_base,
    mapped_column,
    relationship,
    scoped_session,
    sessionmaker,
)

from app.orders.models import Order

engine: Any = create_engine("sqlite://")
Other = aliased(Order)
current = scoped_session(sessionmaker())
OldBase: Any = declarative_base()  # as untyped as the models it makes


class OldStock(OldBase):  # type: ignore[misc]
    __tablename__ = "stocks"

    place = Column(String(40), primary_key=True)
    sku = Column(String(40), primary_key=True)
    amount = Column(Integer)
    query = current.query_property()


class OldShelf(OldBase):  # type: ignore[misc]
    __tablename__ = "shelves"

    id = Column(Integer, primary_key=True)
    name = Column(String(40), nullable=False, unique=True)
    boxes = relationship("OldBox", backref="shelf", lazy="dynamic")
    signs = relationship("OldSign", backref="shelf")


class OldBox(OldBase):  # type: ignore[misc]
    __tablename__ = "boxes"

    id = Column(Integer, primary_key=True)
    shelf_id = Column(Integer, ForeignKey("shelves.id"))
    weight = Column(Integer, nullable=False, default=1)


class OldSign(OldBase):  # type: ignore[misc]
    __tablename__ = "signs"

    id = Column(Integer, primary_key=True)
    shelf_id = Column(Integer, ForeignKey("shelves.id"), nullable=False)


class NewBase(DeclarativeBase):
    pass


class Stock(NewBase):
    __tablename__ = "stocks"

    place: Mapped[str] = mapped_column(String(40), primary_key=True)
    sku: Mapped[str] = mapped_column(String(40), primary_key=True)
    amount: Mapped[int | None]


class Shelf(NewBase):
    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    boxes: WriteOnlyMapped["Box"] = relationship(back_populates="shelf")
    signs: Mapped[list["Sign"]] = relationship(back_populates="shelf")


class Box(NewBase):
    __tablename__ = "boxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelves.id"))
    weight: Mapped[int] = mapped_column(default=1)
    shelf: Mapped[Shelf | None] = relationship(back_populates="boxes")


class Sign(NewBase):
    __tablename__ = "signs"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped[Shelf] = relationship(back_populates="signs")


MODELS = [(OldStock, Stock), (OldShelf, Shelf), (OldBox, Box), (OldSign, Sign)]
