from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine


def make(settings):
    create_async_engine("postgresql+asyncpg://db/app")
    create_async_engine("postgresql+psycopg://db/app")
    create_async_engine(settings.database_url)
    create_engine("postgresql://db/app")
    create_engine(url="sqlite://")
