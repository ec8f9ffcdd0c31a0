from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker

sessions = async_sessionmaker()
db = sessionmaker()()  # expect: proven
shared: AsyncSession | None = None
app = FastAPI()
app.state.session = sessions()  # expect: proven


class Repository:
    session = Session()  # expect: proven


async def get_session():
    global shared
    if shared is None:
        shared = sessions()  # expect: proven
    yield shared
