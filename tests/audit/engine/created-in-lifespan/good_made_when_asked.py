from functools import lru_cache

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine


@lru_cache
def get_engine():
    return create_async_engine("sqlite+aiosqlite://")


app = FastAPI()


@app.get("/")
async def root():
    return get_engine().pool.status()
