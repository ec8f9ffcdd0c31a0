# requires: fastapi==0.115.2
from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import async_sessionmaker

sessions = async_sessionmaker()
router = APIRouter()


async def get_session():
    async with sessions.begin() as session:
        yield session


@router.get("/")
async def read(session=Depends(get_session)): ...
