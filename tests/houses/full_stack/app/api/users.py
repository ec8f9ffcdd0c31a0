from fastapi import APIRouter
from sqlalchemy import select

from app.api.deps import SessionDep
from app.models import User

router = APIRouter(prefix="/users")


@router.get("/")
def read_users(session: SessionDep) -> list[str | None]:
    return list(session.scalars(select(User.email)))
