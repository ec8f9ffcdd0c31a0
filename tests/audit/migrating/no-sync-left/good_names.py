# --- app/__init__.py
# --- app/cache.py
class Session:
    def get(self, key): ...
    def commit(self): ...
# --- app/use.py
from typing import TYPE_CHECKING

import aiohttp

from app.cache import Session

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def cached(session: Session):
    session.commit()
    return session.get("key")


async def fetch(session: aiohttp.ClientSession):
    return session.get("https://example.org")


async def guarded(session: "AsyncSession"):
    await session.commit()


async def either(session: "AsyncSession | Session"):
    session.commit()


async def shadowed(session: "AsyncSession"):
    session = {}
    return session.get(1)
# --- tests/test_it.py
from sqlalchemy.orm import Session


async def test_it(session: Session):
    session.commit()
