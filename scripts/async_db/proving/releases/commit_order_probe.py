"""Tells in which order the FastAPI installed here commits and answers, as JSON on standard output.

A program of its own, for it is run on releases that the service cannot be run on.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI

from async_db.watching import Message, Receive, Scope, Send, started


async def commit_order(**scope: Any) -> str | None:
    """Serve one request and tell what came first: the code after `yield`, or `response.start`.

    Args:
        scope: what `Depends` is given.

    Returns:
        `commit, then response` or the other way round; None where `Depends` does not take that.
    """
    order: list[str] = []

    async def unit_of_work() -> AsyncIterator[None]:
        yield
        order.append("commit")

    try:
        dependency = Depends(unit_of_work, **scope)
    except TypeError:
        return None
    app = FastAPI()

    @app.post("/")
    async def operation(unit: Annotated[None, dependency]) -> None: ...

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                order.append("response")
            await send(message)

        await app(scope, receive, note)

    async with started(noting) as client:
        await client.request("POST", "/")
    return ", then ".join(order)


async def main() -> None:
    """Print the order in the default scope and in the function scope."""
    orders = {"default": await commit_order(), "function": await commit_order(scope="function")}
    json.dump(orders, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
