from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session

app = FastAPI()
sessions = async_sessionmaker()


async def get_session():
    async with sessions() as session:
        yield session


def first(db: Session):
    return db.query(object).first()


@app.get("/first")
async def read(db: AsyncSession = Depends(get_session)):
    return first(db)  # expect: suspected
