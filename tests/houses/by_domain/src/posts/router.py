from fastapi import APIRouter
from sqlalchemy import select

from src.database import Session
from src.posts.models import Post

router = APIRouter(prefix="/posts")


@router.get("")
async def read_posts(session: Session) -> list[str]:
    return list(await session.scalars(select(Post.title)))
