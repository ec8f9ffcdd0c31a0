"""Models that what the references state of loading is tried with."""

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship


class Base(DeclarativeBase):
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - SQLAlchemy's own declaration


class Person(Base):
    __tablename__ = "persons"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]


class Manager(Person):
    __tablename__ = "managers"
    __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)
    budget: Mapped[int]


class Clerk(Person):
    """In the table of persons."""

    __mapper_args__ = {"polymorphic_identity": "clerk"}  # noqa: RUF012

    desk: Mapped[int | None]


class Node(Base):
    __tablename__ = "nodes"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    children: Mapped[list["Node"]] = relationship(lazy="raise")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)
    items: Mapped[list["Item"]] = relationship(back_populates="order", lazy="raise")
    loading: Mapped[list["Item"]] = relationship(overlaps="items,order")

    @hybrid_property
    def size(self) -> int:
        return len(self.loading)


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    quantity: Mapped[int] = mapped_column(default=1)
    order_id: Mapped[int | None] = mapped_column(ForeignKey(Order.id))
    order: Mapped[Order | None] = relationship(back_populates="items", lazy="raise")


class Totalled(Base):
    """An order, with what the database makes of its row and of its items."""

    __table__ = Order.__table__

    id: Mapped[int]
    number: Mapped[int]
    twice: Mapped[int] = column_property(Order.number * 2)
    several: Mapped[int] = column_property(
        select(func.count(Item.id)).where(Item.order_id == Order.id).scalar_subquery()
    )
