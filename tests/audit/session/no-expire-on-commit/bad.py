from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession as SqlModelSession

engine = create_async_engine("sqlite+aiosqlite://")
one = async_sessionmaker(engine)  # expect: proven
two = sessionmaker(engine, class_=AsyncSession)  # expect: proven
three = async_sessionmaker(engine, expire_on_commit=True)  # expect: proven


async def use():
    async with AsyncSession(engine) as session:  # expect: proven
        await session.commit()
    async with SqlModelSession(engine) as session:  # expect: proven
        await session.commit()
