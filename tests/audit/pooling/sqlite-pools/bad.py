from sqlalchemy import NullPool, QueuePool, StaticPool, create_engine
from sqlalchemy.ext.asyncio import create_async_engine


def make():
    create_engine("sqlite://", poolclass=NullPool, pool_size=5)  # expect: proven
    create_async_engine("sqlite+aiosqlite://", poolclass=QueuePool)  # expect: proven
    create_engine("sqlite:///file.db", poolclass=StaticPool)  # expect: suspected
