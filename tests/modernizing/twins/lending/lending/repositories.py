from collections.abc import Iterator, Sequence
from datetime import date
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lending.database import Base
from lending.models import Loan, Member, Tool

Row = TypeVar("Row", bound=Base)


class Repository(Generic[Row]):
    model: type[Row]

    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, key: int) -> Row | None:
        return self.session.get(self.model, key)

    def add(self, row: Row) -> Row:
        self.session.add(row)
        self.session.flush()
        return row

    def count(self) -> int:
        return self.session.query(self.model).count()


class SqlMembers(Repository[Member]):
    model = Member

    def with_email(self, email: str) -> Member | None:
        return self.session.query(Member).filter(Member.email == email).one_or_none()

    def with_loans(self, key: int) -> Member | None:
        return (
            self.session.query(Member)
            .options(selectinload(Member.loans).joinedload(Loan.tool))
            .filter(Member.id == key)
            .first()
        )

    def remove(self, member: Member) -> None:
        self.session.delete(member)


class SqlTools(Repository[Tool]):
    model = Tool

    def search(self, text: str | None, limit: int) -> Sequence[Tool]:
        query = self.session.query(Tool)
        if text:
            query = query.filter(Tool.name.ilike(f"%{text}%"))
        return query.order_by(Tool.name, Tool.id).limit(limit).all()

    def on_shelf(self, shelf: str) -> list[Tool]:
        return self.session.query(Tool).filter_by(shelf=shelf).order_by(Tool.id).all()

    def mark_broken(self, shelf: str) -> int:
        return (
            self.session.query(Tool)
            .filter(Tool.shelf == shelf)
            .update({Tool.broken: True}, synchronize_session=False)
        )


class SqlLoans(Repository[Loan]):
    model = Loan

    def find(self, key: int) -> Loan | None:
        return self.session.scalars(
            select(Loan).options(joinedload(Loan.tool)).where(Loan.id == key)
        ).one_or_none()

    def open_of(self, tool: Tool) -> Loan | None:
        statement = select(Loan).where(Loan.tool_id == tool.id, Loan.returned.is_(None))
        return self.session.execute(statement).scalar_one_or_none()

    def late(self, day: date) -> Iterator[Loan]:
        statement = (
            select(Loan)
            .options(joinedload(Loan.member), joinedload(Loan.tool))
            .where(Loan.until < day, Loan.returned.is_(None))
            .order_by(Loan.id)
        )
        for loan in self.session.scalars(statement):
            yield loan
