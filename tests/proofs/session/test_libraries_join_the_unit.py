from collections.abc import Awaitable, Callable
from typing import Annotated

import pytest
from fastapi import Depends, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.library_session import LibrarySessionDep
from app.database.session import SessionDep
from app.orders.models import Order
from async_db.watching import Serve

pytestmark = pytest.mark.rule("session/libraries-join-the-unit")


class Library:
    """Ends each of its writes with a commit, as libraries do that cannot know who calls them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def store(self, row: Order) -> Order:
        self._session.add(row)
        await self._session.commit()
        await self._session.refresh(row)
        return row


async def get_library(session: LibrarySessionDep) -> Library:
    return Library(session)


LibraryDep = Annotated[Library, Depends(get_library)]


@pytest.mark.parametrize(("status", "rows"), [(200, 2), (409, 0)])
async def test_what_a_library_commits_is_committed_or_undone_with_the_request(
    serve_with_pool_of: Serve, stored: Callable[[], Awaitable[int]], status: int, rows: int
) -> None:
    async with serve_with_pool_of(1) as service:

        @service.app.post("/library")
        async def write_by_both(library: LibraryDep, session: SessionDep) -> None:
            await library.store(Order(reference="A-1"))
            session.add(Order(reference="A-2"))
            if status != 200:
                raise HTTPException(status)

        exchange = await service.request("POST", "/library")

    observed = f"{exchange.status}, {await stored()} stored"
    assert observed == f"{status}, {rows} stored", observed
