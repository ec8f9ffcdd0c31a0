# requires: aiosqlite
from sqlalchemy.ext.asyncio import create_async_engine


def make(url):
    return create_async_engine(url)
