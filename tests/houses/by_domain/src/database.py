from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from src.config import config

engine = create_async_engine(config.db.url, echo=config.db.echo)
async_session = async_sessionmaker(engine, expire_on_commit=False)
metadata = MetaData(naming_convention={"pk": "%(table_name)s_pkey"})


class Base(DeclarativeBase):
    metadata = metadata


async def get_session() -> AsyncIterator[AsyncSession]:
    async with async_session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]
