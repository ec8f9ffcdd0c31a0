"""Clients that do not wait for what they asked for: bare sockets, since clients worth their name wait."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from async_db.faults.service import Request, Service, Values, filled, filled_text

_BUFFER_BYTES = 4096


@asynccontextmanager
async def asked(
    port: int, service: Service, request: Request, values: Values
) -> AsyncIterator[None]:
    """Send a request and read nothing of the answer; at the end of the block reset the connection."""
    connection = socket.socket()
    # What nobody reads soon stays with the server.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(connection, ("127.0.0.1", port))
        await loop.sock_sendall(connection, _as_bytes(service, request, values))
        yield
    finally:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()


async def left_after(
    port: int, service: Service, request: Request, values: Values, seconds: float
) -> None:
    """Send a request, and go away after some seconds, whatever there is by then."""
    with suppress(OSError):
        async with asked(port, service, request, values):
            await asyncio.sleep(seconds)


def _as_bytes(service: Service, request: Request, values: Values) -> bytes:
    body = b"" if request.body is None else json.dumps(filled(request.body, values)).encode()
    headers = {"Host": "127.0.0.1", **service.headers, "Content-Length": str(len(body))}
    if body:
        headers["Content-Type"] = "application/json"
    lines = [f"{request.method} {filled_text(request.path, values)} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
