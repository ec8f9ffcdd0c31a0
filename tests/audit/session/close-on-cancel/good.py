from contextlib import closing

from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import Session

sessions = async_sessionmaker()


async def entered():
    async with sessions() as session:
        yield session


def in_finally():
    db = Session()
    try:
        yield db
    finally:
        db.close()


async def entered_later():
    session = sessions()
    async with session:
        yield session


def by_contextlib():
    db = Session()
    with closing(db):
        yield db


def by_helper(close):
    db = Session()
    try:
        yield db
    finally:
        close(db)
