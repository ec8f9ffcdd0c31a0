"""Sends requests to the application of a service, from its folder, and prints all that it answers.

    python serving.py module:app  < requests  > answers

Sync or async: it is driven through ASGI alike, with its lifespan around it.
"""

import asyncio
import importlib
import json
import sys

from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient


async def serve(app: FastAPI, requests: list[tuple[str, str, object]]) -> list[object]:
    answers: list[object] = []
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with (
        LifespanManager(app),
        AsyncClient(transport=transport, base_url="http://t") as client,
    ):
        for method, path, body in requests:
            answer = await client.request(method, path, json=body)
            headers = sorted(answer.headers.multi_items())
            answers.append([answer.status_code, headers, answer.content.hex()])
    return answers


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    app: FastAPI = getattr(importlib.import_module(module), name)
    answers = asyncio.run(serve(app, json.load(sys.stdin)))
    json.dump({"answers": answers, "openapi": app.openapi()}, sys.stdout)


if __name__ == "__main__":
    main()
