from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from httpx import AsyncClient


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
