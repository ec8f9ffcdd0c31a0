from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker()
app = FastAPI()


async def get_session():
    async with sessions() as session:
        yield session


class Repository:
    def __init__(self, session: AsyncSession = Depends(get_session)):
        self.session = session


@app.post("/a")
async def create(session=Depends(get_session)):
    async with sessions() as other:  # expect: suspected
        return other


@app.post("/b")
async def store(repository=Depends(Repository)):
    async with sessions.begin() as other:  # expect: suspected
        return other
