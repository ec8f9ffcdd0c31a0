from fastapi import APIRouter, Depends
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

router = APIRouter()


async def get_session():
    engine = create_async_engine("sqlite+aiosqlite://")  # expect: proven
    async with async_sessionmaker(engine)() as session:
        yield session


@router.get("/orders")
async def orders(session=Depends(get_session)):
    return helper()


def helper():
    return create_engine("sqlite://").connect()  # expect: suspected
