# --- app/database.py
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker()


async def get_session():
    async with sessions() as session, session.begin():
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
# --- app/users.py
from app.database import SessionDep
from app.models import Token, User
from fastapi_users.db import SQLAlchemyUserDatabase
from fastapi_users_db_sqlalchemy.access_token import SQLAlchemyAccessTokenDatabase


async def get_user_db(session: SessionDep):
    yield SQLAlchemyUserDatabase(session, User)  # expect: proven


async def get_token_db(session: SessionDep):
    return SQLAlchemyAccessTokenDatabase(session=session, access_token_table=Token)  # expect: proven
