from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.database.engine import Database
from app.settings import Settings
from tests import test_failures


@pytest.mark.rule("testing/prove-the-rollback")
@pytest.mark.usefixtures("serve")  # which deletes what the broken service has left
async def test_the_services_own_test_sees_a_row_that_an_error_left(
    settings: Settings, real_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = await the_services_test(settings, real_database)
    monkeypatch.setattr(async_sessionmaker, "begin", committing_always)
    wrong = await the_services_test(settings, real_database)

    observed = f"with a rollback: {right}, with a commit: {wrong}"
    assert observed == "with a rollback: passed, with a commit: failed", observed


async def the_services_test(settings: Settings, real_database: Database) -> str:
    try:
        await test_failures.test_an_error_leaves_no_row_behind(settings, real_database)
    except AssertionError:
        return "failed"
    return "passed"


@asynccontextmanager
async def committing_always(
    sessions: async_sessionmaker[AsyncSession],
) -> AsyncIterator[AsyncSession]:
    """What a session dependency does that commits in ``finally``."""
    async with sessions() as session:
        try:
            yield session
        finally:
            await session.commit()
