# Nobody else holds the transaction: the library is the one that commits.
from fastapi import Depends
from fastapi_users.db import SQLAlchemyUserDatabase
from models import User
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker()


async def get_session():
    async with sessions() as session:
        yield session


async def get_committing_session():
    async with sessions() as session:
        yield session
        await session.commit()


async def get_user_db(session: AsyncSession = Depends(get_session)):
    yield SQLAlchemyUserDatabase(session, User)


async def get_other_user_db(session: AsyncSession = Depends(get_committing_session)):
    yield SQLAlchemyUserDatabase(session, User)
