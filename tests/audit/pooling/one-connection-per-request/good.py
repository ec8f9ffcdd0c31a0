from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker

sessions = async_sessionmaker()
app = FastAPI()


async def get_session():
    async with sessions() as session:
        yield session


@app.post("/a")
async def create(session=Depends(get_session)):
    async with session.begin_nested():
        return session


@app.post("/b")
async def own():
    async with sessions() as session:
        return session
