from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lending.database import Base


class Member(Base):
    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(120), unique=True)
    loans: Mapped[list["Loan"]] = relationship(
        back_populates="member", order_by="Loan.id", cascade="all, delete-orphan"
    )


class Tool(Base):
    __tablename__ = "tools"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), index=True)
    shelf: Mapped[str] = mapped_column(String(8))
    broken: Mapped[bool] = mapped_column(default=False)
    loans: Mapped[list["Loan"]] = relationship(back_populates="tool")


class Loan(Base):
    __tablename__ = "loans"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    tool_id: Mapped[int] = mapped_column(ForeignKey("tools.id"))
    since: Mapped[date]
    until: Mapped[date]
    returned: Mapped[date | None]
    member: Mapped[Member] = relationship(back_populates="loans")
    tool: Mapped[Tool] = relationship(back_populates="loans")


class Entry(Base):
    """A line of the journal."""

    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(200))
