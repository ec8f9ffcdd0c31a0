from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker()
app = FastAPI()


class OrderRepository:
    def __init__(self, session: AsyncSession):
        self.session = session


async def get_session():
    async with sessions() as session:
        yield session


async def get_repository(session: AsyncSession = Depends(get_session)):
    yield OrderRepository(session)


@app.get("/")
async def read(repository=Depends(get_repository)): ...
