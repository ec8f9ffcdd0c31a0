import os

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

URL = "postgresql://db/app"


def make():
    create_async_engine("sqlite:///a.db")  # expect: proven
    create_async_engine(URL)  # expect: proven
    create_engine("postgresql+asyncpg://db/app")  # expect: proven
    url = os.environ["DATABASE_URL"]
    return url.replace("postgres://", "postgresql+asyncpg://")  # expect: suspected
