# requires: fastapi==0.121.1
# --- app/__init__.py
# --- app/db.py
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker(expire_on_commit=False)


async def get_session():
    async with sessions.begin() as session:  # expect: proven
        yield session


async def committed():
    async with sessions() as session:
        try:
            yield session
            await session.commit()  # expect: proven
        except Exception:
            await session.rollback()
            raise


class Manager:
    @asynccontextmanager
    async def session(self):
        async with sessions() as session:
            yield session
            await session.commit()


manager = Manager()


async def by_manager():
    async with manager.session() as session:  # expect: proven
        yield session


class Unit:
    def __init__(self):
        self.session = sessions()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        await self.session.commit()


async def by_unit():
    async with Unit() as unit:  # expect: proven
        yield unit


async def by_annotation(request: Request) -> "AsyncGenerator[AsyncSession]":
    session = request.state.session
    yield session
    await session.commit()  # expect: proven


SessionDep = Annotated[AsyncSession, Depends(get_session)]
Alias = SessionDep
# --- app/deps.py
from typing import Annotated, AsyncGenerator

from fastapi import APIRouter, Depends

from app import db


class Repository:
    def __init__(self, session: db.Alias): ...


router = APIRouter(dependencies=[Depends(db.by_manager)])


@router.get("/")
async def read(
    repository: Annotated[Repository, Depends()],
    session=Depends(db.committed),
    unit=Depends(db.by_unit),
    other=Depends(db.by_annotation),
): ...
