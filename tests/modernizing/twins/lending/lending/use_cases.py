from dataclasses import dataclass
from datetime import date, timedelta

from lending.models import Loan, Member, Tool
from lending.ports import Loans, Members, Tools


class NotFound(Exception):
    pass


class NotPossible(Exception):
    pass


@dataclass
class LendTool:
    members: Members
    tools: Tools
    loans: Loans
    longest: int

    def __call__(self, member_id: int, tool_id: int, since: date, days: int) -> Loan:
        member, tool = self._member(member_id), self._tool(tool_id)

        def refuse_what_is_lent() -> None:
            if tool.broken or self.loans.open_of(tool) is not None:
                raise NotPossible(f"{tool.name} is not there")

        refuse_what_is_lent()
        until = since + timedelta(days=min(days, self.longest))
        return self.loans.add(Loan(member=member, tool=tool, since=since, until=until))

    def _member(self, key: int) -> Member:
        if (member := self.members.find(key)) is None:
            raise NotFound(f"member {key}")
        return member

    def _tool(self, key: int) -> Tool:
        tool = self.tools.find(key)
        if tool is None:
            raise NotFound(f"tool {key}")
        return tool


@dataclass
class ReturnTool:
    loans: Loans

    def __call__(self, loan_id: int, day: date) -> Loan:
        loan = self.loans.find(loan_id)
        if loan is None:
            raise NotFound(f"loan {loan_id}")
        if loan.returned is not None:
            raise NotPossible("it is back already")
        loan.returned = day
        return loan


@dataclass
class Join:
    members: Members

    def __call__(self, name: str, email: str) -> Member:
        if self.members.with_email(email):
            raise NotPossible(f"{email} is a member already")
        return self.members.add(Member(name=name, email=email))
