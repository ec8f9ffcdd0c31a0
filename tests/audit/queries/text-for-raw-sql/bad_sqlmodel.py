from sqlmodel.ext.asyncio.session import AsyncSession


async def use(session: AsyncSession):
    await session.exec("SELECT 1")  # expect: proven
