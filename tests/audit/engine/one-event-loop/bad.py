from functools import cache, lru_cache

from sqlalchemy.ext.asyncio import create_async_engine


@lru_cache
def get_engine():  # expect: suspected
    return make()


def make():
    return create_async_engine("sqlite+aiosqlite://")


@cache
def other():  # expect: suspected
    return create_async_engine("sqlite+aiosqlite://")
