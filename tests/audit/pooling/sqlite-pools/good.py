from sqlalchemy import AsyncAdaptedQueuePool, NullPool, QueuePool, create_engine
from sqlalchemy.ext.asyncio import create_async_engine


def make():
    create_engine("sqlite://", poolclass=NullPool)
    create_engine("postgresql://", poolclass=QueuePool, pool_size=5)
    create_async_engine("a+asyncpg://", poolclass=AsyncAdaptedQueuePool, pool_size=5)
    create_async_engine("a+asyncpg://", pool_size=5)
