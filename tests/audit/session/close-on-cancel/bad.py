from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import Session

sessions = async_sessionmaker()


async def get_session():
    session = sessions()  # expect: proven
    try:
        yield session
        await session.commit()
    except Exception:
        await session.rollback()
        raise
    await session.close()


def get_plain():
    db = Session()  # expect: proven
    yield db
    db.close()
