from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from httpx import AsyncClient


@pytest.fixture
def _nothing_stays_overridden(app: FastAPI) -> Iterator[None]:
    """Look once the other fixtures of the test are torn down."""
    yield
    left = [overridden.__name__ for overridden in app.dependency_overrides]
    observed = f"still overridden: {left}"
    assert observed == "still overridden: []", observed


@pytest.mark.rule("testing/override-and-restore")
@pytest.mark.usefixtures("_nothing_stays_overridden")
async def test_an_override_ends_with_its_test(app: FastAPI, client: AsyncClient) -> None:
    assert app.dependency_overrides
    assert (await client.get("/orders")).status_code == 200
