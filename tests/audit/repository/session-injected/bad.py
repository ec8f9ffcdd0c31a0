from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker()
app = FastAPI()


class OrderRepository:
    def __init__(self, session: AsyncSession):
        self.session = session


class ItemRepository:
    async def all(self):
        async with sessions() as session:  # expect: suspected
            return session


async def get_repository():
    async with sessions.begin() as session:  # expect: suspected
        yield OrderRepository(session)


@app.get("/")
async def read(repository=Depends(get_repository)): ...
