"""Engines for tests that state what a database does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


@asynccontextmanager
async def asyncpg_engine(url: str, **options: object) -> AsyncIterator[AsyncEngine]:
    """An engine for a URL that names no driver."""
    engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:", 1), **options)
    try:
        yield engine
    finally:
        await engine.dispose()
