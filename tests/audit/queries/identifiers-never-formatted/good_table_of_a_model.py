from models import Order
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

ARCHIVE = "archive"


async def copy(session: AsyncSession, number: int):
    await session.execute(text(f"CREATE TABLE {ARCHIVE} (LIKE {Order.__tablename__} INCLUDING ALL)"))
    await session.execute(text("SELECT 1 FROM orders WHERE orders.id = :number"), {"number": number})
