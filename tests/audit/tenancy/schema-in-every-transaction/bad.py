from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker

app = FastAPI()
sessions = async_sessionmaker()


async def get_session():
    async with sessions() as session:
        await session.execute(text("SET LOCAL search_path TO a"))  # expect: proven
        yield session


@app.get("/")
async def read(session=Depends(get_session)):
    await session.execute(text("select set_config('search_path', 'b', true)"))  # expect: proven
