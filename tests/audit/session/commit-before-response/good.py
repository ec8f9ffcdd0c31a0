# requires: fastapi==0.121.1
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker(expire_on_commit=False)
router = APIRouter()


async def get_session():
    async with sessions.begin() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def reading():
    async with sessions() as session:
        yield session


async def on_error_only():
    session = sessions()
    try:
        yield session
    except ValueError:
        await session.commit()
        raise
    finally:
        await session.close()


async def nobody_depends_on_it():
    async with sessions.begin() as session:
        yield session


async def before():
    session = sessions()
    await session.commit()
    yield session
    await session.close()


@router.get("/")
async def read(a: SessionDep, b=Depends(reading), c=Depends(on_error_only), d=Depends(before)):
    await a.commit()
