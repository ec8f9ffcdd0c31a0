import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

HELP = "take pg_advisory_lock(1) by hand"


class func:
    @staticmethod
    def pg_advisory_lock(number: int) -> int:
        return number


async def tell(session: AsyncSession) -> None:
    print(HELP, func.pg_advisory_lock(1))
    await session.execute(text("select objid from pg_locks where locktype = 'advisory'"))


async def other(connection: asyncpg.Connection) -> None:
    await connection.execute("select pg_advisory_lock(1)")
