from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError

from app.database.engine import Database


@pytest.fixture
async def _nothing_is_left(stored: Callable[[], Awaitable[int]]) -> AsyncIterator[None]:
    """Look once the other fixtures of the test are torn down."""
    yield
    observed = f"rows left: {await stored()}"
    assert observed == "rows left: 0", observed


@pytest.mark.rule("testing/transaction-per-test")
@pytest.mark.usefixtures("_nothing_is_left")
async def test_commits_and_rollbacks_of_the_service_are_undone(client: AsyncClient) -> None:
    answers = [
        (await client.post("/orders", json={"reference": reference})).status_code
        for reference in ("A-1", "A-1", "A-2")
    ]
    assert answers == [201, 409, 201]


@pytest.mark.rule("testing/transaction-per-test")
async def test_a_closed_session_is_of_no_more_use_than_when_served(database: Database) -> None:
    async with database.sessions() as session:
        pass
    try:
        await session.scalar(select(1))
        observed = "a closed session: works"
    except InvalidRequestError:
        observed = "a closed session: refused"
    assert observed == "a closed session: refused", observed
