"""Asks the application of a service many things at once while its database makes everybody wait.

    python probing.py module:app path-of-the-sqlite-file  < requests  > statuses

The database is locked, and is freed by the event loop after some turns: a request that waits on the
loop itself keeps that from happening, and ends in an error.
"""

import asyncio
import importlib
import json
import sqlite3
import sys

from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

Request = tuple[str, str, object]
_TURNS = 50


async def probe(app: FastAPI, path: str, before: list[Request], meanwhile: list[Request]) -> object:
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with (
        LifespanManager(app),
        AsyncClient(transport=transport, base_url="http://t") as client,
    ):

        async def status(method: str, url: str, body: object) -> int:
            return (await client.request(method, url, json=body)).status_code

        for each in before:
            await status(*each)
        lock = sqlite3.connect(path, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        asked = [asyncio.create_task(status(*each)) for each in meanwhile]
        for _ in range(_TURNS):
            await asyncio.sleep(0.001)  # each turn is one that the loop was free for
        waiting = sum(not each.done() for each in asked)
        lock.execute("ROLLBACK")
        lock.close()
        return {"waiting": waiting, "statuses": await asyncio.gather(*asked)}


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    app: FastAPI = getattr(importlib.import_module(module), name)
    before, meanwhile = json.load(sys.stdin)
    json.dump(asyncio.run(probe(app, sys.argv[2], before, meanwhile)), sys.stdout)


if __name__ == "__main__":
    main()
