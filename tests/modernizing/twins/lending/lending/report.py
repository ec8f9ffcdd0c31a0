"""Who has to be reminded: `python -m lending.report 2026-03-01`."""

import sys
from datetime import date

from lending.database import session_scope
from lending.models import Loan
from lending.repositories import SqlLoans, SqlTools


def line(loan: Loan) -> str:
    return f"{loan.member.name}: {loan.tool.name} since {loan.since}"


def reminders(day: date) -> list[str]:
    with session_scope() as session:
        found = [line(loan) for loan in SqlLoans(session).late(day)]
        found.append(f"{SqlTools(session).count()} tools")
        return found


def main(arguments: list[str]) -> int:
    for each in reminders(date.fromisoformat(arguments[0])):
        print(each)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
