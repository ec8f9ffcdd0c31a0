"""A service served and watched inside a test: its app, a client that hides nothing, its trace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..traces import Event
from .asgi_client import Client, Exchange, started
from .recorder import Recorder

if TYPE_CHECKING:
    from fastapi import FastAPI


@dataclass(frozen=True, slots=True)
class Service:
    """An app between start-up and shutdown.

    Parameters:
        app: the application; routes may still be added to it.
        client: sends requests to it.
        recorder: holds the trace of all that happened since before start-up.
        state: what its lifespan yielded.
    """

    app: FastAPI
    client: Client
    recorder: Recorder
    state: dict[str, Any]

    async def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Exchange:
        return await self.client.request(method, path, body, headers)

    def last(self) -> list[Event]:
        """Return the trace of the request that began last."""
        return self.recorder.of(self.recorder.requests)


Serve = Callable[..., AbstractAsyncContextManager[Service]]


@asynccontextmanager
async def watched(app: FastAPI) -> AsyncIterator[Service]:
    """Serve the app with everything it does to the database on record."""
    recorder = Recorder()
    with recorder.listening():
        async with started(recorder.wrap(app)) as client:
            yield Service(app, client, recorder, client.state)


def answers_and_errors(events: list[Event]) -> str:
    """Say in what order a client was answered and the database complained.

    For example ``201, then IntegrityError``.
    """
    answers = (
        event.detail.partition(":")[0]
        for event in events
        if event.kind == "response.start" or (event.kind == "error" and event.connection)
    )
    return ", then ".join(answers)
