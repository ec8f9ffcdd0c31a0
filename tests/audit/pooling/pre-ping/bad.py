# requires: asyncpg
from sqlalchemy.ext.asyncio import create_async_engine


def make(url):
    return create_async_engine(url, pool_size=5)  # expect: review
