"""The journal is written after the answer, in sessions of its own."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lending.database import session_scope
from lending.models import Entry, Loan


def write(kind: str, text: str) -> None:
    with session_scope() as session:
        session.add(Entry(kind=kind, text=text))


def write_lent(loan_id: int) -> None:
    def described(session: Session) -> str:
        loan = session.get(Loan, loan_id)
        assert loan is not None
        number = session.scalar(select(func.count()).where(Loan.member_id == loan.member_id))
        return f"loan {loan.id} until {loan.until}, number {number} of member {loan.member_id}"

    with session_scope() as session:
        session.add(Entry(kind="lent", text=described(session)))
