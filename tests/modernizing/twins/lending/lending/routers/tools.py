from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import func
from sqlalchemy.orm import Session

from lending.database import get_db
from lending.models import Tool
from lending.repositories import SqlTools
from lending.schemas import ShelfOut, ToolIn, ToolOut

router = APIRouter(prefix="/tools", tags=["tools"])


def get_tools(db: Session = Depends(get_db)) -> SqlTools:
    return SqlTools(db)


@router.post("", response_model=ToolOut, status_code=201)
def add(body: ToolIn, tools: SqlTools = Depends(get_tools)) -> Tool:
    tool = tools.add(Tool(**body.model_dump()))
    tools.session.commit()
    tools.session.refresh(tool)
    return tool


@router.get("", response_model=list[ToolOut])
def search(
    response: Response,
    tools: Annotated[SqlTools, Depends(get_tools)],
    q: str | None = None,
    limit: int = Query(50, le=100),
):
    response.headers["X-Total"] = str(tools.count())
    return tools.search(q, limit)


@router.get("/shelves")
def shelves(db: Session = Depends(get_db)) -> list[ShelfOut]:
    rows = db.query(Tool.shelf, func.count(Tool.id)).group_by(Tool.shelf).order_by(Tool.shelf)
    return [ShelfOut(shelf=shelf, tools=number) for shelf, number in rows]


@router.post("/shelves/{shelf}/broken")
def break_shelf(shelf: str, tools: SqlTools = Depends(get_tools)) -> dict[str, object]:
    number = tools.mark_broken(shelf)
    tools.session.commit()
    return {"broken": number, "names": [tool.name for tool in tools.on_shelf(shelf)]}
