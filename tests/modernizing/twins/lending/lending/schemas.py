from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class MemberIn(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    email: str


class MemberOut(Read):
    id: int
    name: str
    email: str


class ToolIn(BaseModel):
    name: str
    shelf: str = Field(pattern=r"^[A-Z]\d+$")


class ToolOut(Read):
    id: int
    name: str
    shelf: str
    broken: bool


class LoanIn(BaseModel):
    member_id: int
    tool_id: int
    since: date
    days: int = Field(gt=0)


class LoanOut(Read):
    id: int
    since: date
    until: date
    returned: date | None
    tool: ToolOut


class MemberWithLoans(MemberOut):
    loans: list[LoanOut]


class ShelfOut(BaseModel):
    shelf: str
    tools: int
