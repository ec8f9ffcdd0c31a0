from functools import lru_cache

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine


@lru_cache
def settings():
    return 1


@lru_cache
def sync_engine():
    return create_engine("sqlite://")


def make():
    return create_async_engine(settings())
