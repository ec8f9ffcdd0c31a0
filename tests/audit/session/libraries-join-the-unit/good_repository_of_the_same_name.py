from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

app = FastAPI()
sessions = async_sessionmaker()


class SQLAlchemyAsyncRepository:
    def __init__(self, session: AsyncSession, auto_commit: bool = False) -> None:
        self.session = session


async def get_session():
    async with sessions.begin() as session:
        yield session


@app.put("/items")
async def update(db: AsyncSession = Depends(get_session)):
    return SQLAlchemyAsyncRepository(session=db, auto_commit=True)
