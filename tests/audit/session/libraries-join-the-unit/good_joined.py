from fastapi import Depends
from fastapi_users.db import SQLAlchemyUserDatabase
from models import User
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker()


async def get_session():
    async with sessions.begin() as session:
        yield session


async def get_library_session(session: AsyncSession = Depends(get_session, scope="function")):
    connection = await session.connection()
    async with AsyncSession(connection, join_transaction_mode="create_savepoint") as joined:
        yield joined


async def get_user_db(session: AsyncSession = Depends(get_library_session, scope="function")):
    return SQLAlchemyUserDatabase(session, User)
