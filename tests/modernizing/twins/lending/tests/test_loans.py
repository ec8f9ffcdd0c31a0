from datetime import date

import pytest

from lending.journal import write_lent
from lending.models import Entry, Loan
from lending.report import reminders
from lending.use_cases import LendTool, NotFound, NotPossible, ReturnTool

DAY = date(2026, 1, 5)


class NoMembers:
    """A double by hand."""

    def find(self, key):
        return None

    def with_email(self, email):
        return None

    def add(self, member):
        return member


@pytest.fixture
def loan(session, member, make_tool):
    loan = Loan(member_id=member.id, tool_id=make_tool("Saw").id, since=DAY, until=DAY)
    session.add(loan)
    session.commit()
    return loan


def test_lend(client, session, member, make_tool):
    body = {"member_id": member.id, "tool_id": make_tool("Saw").id, "since": "2026-01-05", "days": 30}
    response = client.post("/loans", json=body)
    assert response.status_code == 201, response.text
    assert response.json()["until"] == "2026-01-19"
    assert client.post("/loans", json=body).status_code == 409
    entry = session.query(Entry).one()
    assert entry.text == "loan 1 until 2026-01-19, number 1 of member 1"


def test_give_back(client, session, loan):
    response = client.post(f"/loans/{loan.id}/return", params={"day": "2026-01-06"})
    assert response.json()["returned"] == "2026-01-06"
    session.refresh(loan)
    assert loan.returned == date(2026, 1, 6)


def test_late(client, loan):
    assert client.get("/loans/late?day=2026-02-01").json() == [
        {"member": "Ada", "tool": "Saw", "until": "2026-01-05"}
    ]


def test_no_member():
    lend = LendTool(NoMembers(), None, None, 14)
    with pytest.raises(NotFound, match="member 3"):
        lend(3, 1, DAY, 1)


def test_back_already(session, loan):
    class Loans:
        def find(self, key):
            loan.returned = DAY
            return loan

    with pytest.raises(NotPossible):
        ReturnTool(Loans())(loan.id, DAY)


def test_reminders(client, loan):
    assert reminders(date(2026, 2, 1)) == ["Ada: Saw since 2026-01-05", "1 tools"]
    write_lent(loan.id)
