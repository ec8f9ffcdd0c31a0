from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession

engine = create_engine("sqlite://")


async def use(session: AsyncSession, table):
    await session.execute("SELECT 1")  # expect: proven
    await session.execute(f"delete from {table}")  # expect: proven
    with engine.connect() as connection:
        connection.execute("select 1")  # expect: proven
