from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession


async def book(session: AsyncSession, number: int) -> None:
    await session.execute(select(func.pg_advisory_xact_lock(number)))
    await session.execute(text("SELECT pg_try_advisory_xact_lock(:n)"), {"n": number})
