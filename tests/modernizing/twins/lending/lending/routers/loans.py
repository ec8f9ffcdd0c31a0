from datetime import date
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends

from lending import journal
from lending.container import Container, Wired, get_container, provide
from lending.models import Loan
from lending.schemas import LoanIn, LoanOut
from lending.use_cases import LendTool, ReturnTool

router = APIRouter(prefix="/loans", tags=["loans"])


@router.post("", response_model=LoanOut, status_code=201)
def lend(
    body: LoanIn,
    tasks: BackgroundTasks,
    container: Wired,
    lend_tool: Annotated[LendTool, Depends(provide(Container.lend_tool))],
) -> Loan:
    loan = lend_tool(body.member_id, body.tool_id, body.since, body.days)
    container.commit()
    tasks.add_task(journal.write_lent, loan_id=loan.id)
    return found(container, loan.id)


def found(container: Container, key: int) -> Loan:
    loan = container.loans.find(key)
    assert loan is not None
    return loan


@router.post("/{key}/return", response_model=LoanOut)
def give_back(key: int, day: date, container: Container = Depends(get_container)) -> Loan:
    use_case: ReturnTool = container.return_tool()
    loan = use_case(key, day)
    container.commit()
    return found(container, loan.id)


@router.get("/late")
def late(day: date, container: Wired) -> list[dict[str, str]]:
    return [
        {"member": loan.member.name, "tool": loan.tool.name, "until": loan.until.isoformat()}
        for loan in container.loans.late(day)
    ]
