from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from src.posts.models import Post


async def test_posts(client: AsyncClient, session: AsyncSession) -> None:
    session.add(Post(title="first"))
    await session.flush()
    assert (await client.get("/posts")).json() == ["first"]
