from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession


async def use(session: AsyncSession, connection: AsyncConnection, statement):
    await session.execute(text("SELECT 1"))
    await session.execute(select(1))
    await session.execute(statement)
    await connection.exec_driver_sql("SELECT 1")
