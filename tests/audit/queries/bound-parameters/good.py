from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LIMIT = 10


class Search:
    threshold = 0.5

    async def use(self, session: AsyncSession, name, ids):
        await session.execute(text("select 1 where a = :name"), {"name": name})
        await session.execute(text(f"select 1 where a = {LIMIT}"))
        await session.execute(text(f"set word_similarity = {self.threshold}"))
        await session.execute(text(f"select 1 where a in ({', '.join(':p' for _ in ids)})"))
        await session.execute(text(f"select 1 where a = {int(name)}"))
