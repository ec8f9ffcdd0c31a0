# requires: asyncpg
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine


def make(url, options):
    create_async_engine(url, pool_pre_ping=True)
    create_async_engine(url, **options)
    create_async_engine(url, poolclass=NullPool)
