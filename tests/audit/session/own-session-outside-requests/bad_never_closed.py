from sqlalchemy import create_engine, select
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite://"))
sessions = async_sessionmaker()


def create_session() -> Session:
    return SessionLocal()


def post_webhooks():
    session = create_session()  # expect: suspected
    return session.scalars(select(1)).all()


def purge():
    session = SessionLocal()  # expect: review
    session.commit()
    session.close()


async def tick():
    session = sessions()  # expect: suspected
    await session.commit()
