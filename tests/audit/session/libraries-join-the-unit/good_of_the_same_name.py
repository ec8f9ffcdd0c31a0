# A class of the service's own, whatever it is called, is what `repository/never-commits` looks at.
from fastapi import Depends
from models import User
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker()


class SQLAlchemyUserDatabase:
    def __init__(self, session: AsyncSession, table: type[User]):
        self.session = session


async def get_session():
    async with sessions.begin() as session:
        yield session


async def get_user_db(session: AsyncSession = Depends(get_session)):
    yield SQLAlchemyUserDatabase(session, User)
