from fastapi import APIRouter, BackgroundTasks, HTTPException, status

from lending import journal
from lending.container import Wired
from lending.models import Member
from lending.schemas import MemberIn, MemberOut, MemberWithLoans

router = APIRouter(prefix="/members", tags=["members"])


@router.post("", status_code=status.HTTP_201_CREATED)
def join(body: MemberIn, container: Wired, tasks: BackgroundTasks) -> MemberOut:
    member = container.join()(body.name, body.email)
    container.commit()
    tasks.add_task(journal.write, "joined", f"{member.name} is member {member.id}")
    return MemberOut.model_validate(member)


@router.get("/{key}", response_model=MemberWithLoans)
def read(key: int, container: Wired) -> Member:
    member = container.members.with_loans(key)
    if member is None:
        raise HTTPException(404, f"member {key}")
    return member


@router.delete("/{key}", status_code=status.HTTP_204_NO_CONTENT)
def leave(key: int, container: Wired) -> None:
    member = container.members.with_loans(key)
    if not member:
        raise HTTPException(404, f"member {key}")
    if any(loan.returned is None for loan in member.loans):
        raise HTTPException(409, "tools are still out")
    container.members.remove(member)
    container.commit()
