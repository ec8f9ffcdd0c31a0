from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker

options = {"expire_on_commit": False}
one = async_sessionmaker(expire_on_commit=False)
two = async_sessionmaker(**options)
three = sessionmaker(class_=AsyncSession, expire_on_commit=False)
sync = sessionmaker()
other = sessionmaker(class_=Session)


async def use():
    async with AsyncSession(expire_on_commit=False) as session:
        await session.commit()
    async with one() as session:
        await session.commit()
