"""A watched server of the planted service, and sixty clients at a time that drive it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from helpers.planted import Told

OBSERVE = Path(__file__).resolve().parents[2] / "scripts/observe.py"
CLIENTS = 60
ROOMS = 6
START_SECONDS = 60
SECONDS_TO_A_RATE = 0.02


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watched command has left.

    Parameters:
        code: with which it ended.
        said: on standard error.
        report: the findings and all that is told with them.
    """

    code: int
    said: str
    report: dict[str, Any]

    @property
    def found(self) -> set[Told]:
        return told(self.report["findings"])


def told(findings: Iterable[Mapping[str, Any]]) -> set[Told]:
    """Give the rule, the file and the line of each finding."""
    return {(each["rule"], each["path"], each["line"]) for each in findings}


async def serve_and_drive(service: Path, *options: str) -> Watched:
    """Serve the service by uvicorn, drive it, stop it by SIGTERM, and give what was seen.

    Parameters:
        service: the folder of the service.
        options: more options of `observe.py`.
    """
    port, output = _free_port(), service / "found.json"
    server = (sys.executable, "-m", "uvicorn", "--factory", "app.main:create_app")
    async with rates() as url:
        process = subprocess.Popen(  # noqa: ASYNC220, S603 (it only starts; our own command)
            [
                *(sys.executable, str(OBSERVE), "--format=json", f"--output={output}", *options),
                *(
                    "--",
                    *server,
                    "--port",
                    str(port),
                ),
                "--log-level=critical",
            ],
            cwd=service,
            env={**os.environ, "RATES_URL": url},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            base = f"http://127.0.0.1:{port}"
            # After an error, uvicorn closes a connection that the client takes for open.
            limits = httpx.Limits(max_keepalive_connections=0)
            async with httpx.AsyncClient(base_url=base, timeout=60, limits=limits) as client:
                await _started(client, process)
                await drive(client)
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = await asyncio.to_thread(process.communicate)
    return Watched(process.returncode, said, json.loads(output.read_text("utf-8")))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def _started(client: httpx.AsyncClient, process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            await client.get("/")
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")


async def drive(client: httpx.AsyncClient) -> None:
    """Send each of the service's requests, sixty at a time."""

    async def at_once(method: str, paths: Iterable[str], bodies: Iterable[Any]) -> list[Any]:
        requests = (
            client.request(method, path, json=body)
            for path, body in zip(paths, bodies, strict=True)
        )
        return await asyncio.gather(*requests)

    async def times(path: str) -> None:
        await at_once("GET", [path] * CLIENTS, [None] * CLIENTS)

    for number in range(ROOMS):
        await client.post("/rooms", json={"name": f"room {number}", "price": 50})
    bookings = [
        {"room_id": number % ROOMS + 1, "guest": f"guest {number}", "night": number // ROOMS}
        for number in range(CLIENTS)
    ]
    for _ in range(2):  # the second time, all are taken
        await at_once("POST", ["/bookings"] * CLIENTS, bookings)
    for what in ("confirm", "cancel"):
        paths = [f"/bookings/{number + 1}/{what}" for number in range(CLIENTS)]
        await at_once("POST", paths, [None] * CLIENTS)
    await client.post("/rooms/import", json=[{"name": "attic", "price": 30}])
    for path in (
        *("/rooms", "/rooms/1", "/rooms/99", "/settings/currency"),
        *("/reports/dashboard", "/reports/occupancy"),
    ):
        await times(path)


@asynccontextmanager
async def rates() -> AsyncIterator[str]:
    """Serve a rate of exchange, after some time, and give the address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(SECONDS_TO_A_RATE)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n1.25")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}/"
