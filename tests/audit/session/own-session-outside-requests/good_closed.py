import contextlib

from sqlalchemy import Connection, create_engine, select
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite://"))
sessions = async_sessionmaker()


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


def purge():
    db = SessionLocal()
    try:
        return db.scalars(select(1)).all()
    finally:
        db.close()


def closing():
    db = SessionLocal()
    with contextlib.closing(db):
        db.commit()


async def tick():
    session = sessions()
    async with session:
        await session.commit()


class Unit:
    def __enter__(self):
        session = SessionLocal()
        self.session = session
        return session


def given(session: Session):
    same = session
    return same.scalar(select(1))


def after_insert(mapper, connection: Connection, target):
    session = Session(bind=connection)
    session.commit()


def in_the_same_transaction(session: Session):
    inner = Session(bind=session.connection())
    inner.commit()
