"""A service as a process: started, listened to, told to end."""

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from async_db.faults.service import Service, filled_text

_POLL_SECONDS = 0.02
_START_SECONDS = 60.0
_MIGRATE_SECONDS = 120.0
_LINE_LENGTH = 200


class NotStartedError(Exception):
    """The service, or what makes its tables, does not run; the message is one line."""


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; say whether it came to that within the time."""
    deadline = time.monotonic() + seconds
    while True:  # processes and sockets tell nobody
        if (reached := condition()) or time.monotonic() > deadline:
            return reached
        await asyncio.sleep(_POLL_SECONDS)


@dataclass(frozen=True)
class Process:
    """A service that was started."""

    port: int
    log: Path
    """What it wrote."""
    _popen: "subprocess.Popen[bytes]"

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def listens(self) -> bool:
        """Say whether it takes connections."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def kill(self) -> None:
        """End it, and all that it started, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()

    def terminate(self) -> None:
        """Ask it to end, as whoever runs it does."""
        self._popen.terminate()

    async def ended(self, seconds: float) -> float | None:
        """Wait until it has ended; give the seconds that this took, or None where it does not."""
        began = time.monotonic()
        ended = await until(lambda: not self.running, seconds)
        return time.monotonic() - began if ended else None

    def processes(self) -> int:
        """Count what it started and left behind when it ended: there, or not."""
        if self.running:
            return 0
        try:
            os.killpg(self._popen.pid, 0)
        except ProcessLookupError:
            return 0
        return 1

    def last_line(self) -> str:
        """Give the last line that it wrote."""
        lines = self.log.read_text("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        return last[:_LINE_LENGTH]


@asynccontextmanager
async def started(
    service: Service, environment: Mapping[str, str], log: Path
) -> AsyncIterator[Process]:
    """Run a service for the length of the block, which begins when it takes connections.

    Args:
        service: what to start.
        environment: what its environment says besides.
        log: where to append what it writes.

    Raises:
        NotStartedError: it ended, or takes no connections; the message is its last line.
    """
    port = _free_port()
    command = [filled_text(word, {"port": port}) for word in service.command]
    with log.open("ab") as output:
        try:
            popen = subprocess.Popen(  # noqa: S603, ASYNC220 (its owner's own command; it only begins)
                command,
                cwd=service.folder,
                env=_environment(service, environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C is for us, and all that it starts is its group
            )
        except OSError as error:
            raise NotStartedError(f"{command[0]}: {error.strerror}") from error
    process = Process(port, log, popen)
    try:
        if not await until(lambda: process.listens() or not process.running, _START_SECONDS):
            raise NotStartedError(f"it takes no connections: {process.last_line()}")
        if not process.running:
            raise NotStartedError(f"it ended when it was started: {process.last_line()}")
        yield process
    finally:
        process.kill()


async def migrated(service: Service, environment: Mapping[str, str]) -> None:
    """Run what makes the tables of a service.

    Raises:
        NotStartedError: it fails; the message is the last line that it wrote.
    """
    for command in service.migrate:
        await asyncio.to_thread(_run, command, service, environment)


def _run(command: Sequence[str], service: Service, environment: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 (its owner's own command)
            command,
            cwd=service.folder,
            env=_environment(service, environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_MIGRATE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotStartedError(f"{command[0]}: {error}") from error
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise NotStartedError(f"{command[0]}: {lines[-1] if lines else done.returncode}")


def _environment(service: Service, environment: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **service.environment, **environment}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
