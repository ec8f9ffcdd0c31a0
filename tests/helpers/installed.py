"""A skill as some channel has installed it, put to work where there is no network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAME = "fastapi-async-sqlalchemy-modernization"
SERVICE = """\
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("sqlite+aiosqlite:///service.db")
app = FastAPI()
"""
# Whoever asks for the network is answered at once that there is none.
_NOWHERE = "http://127.0.0.1:9"
_OFFLINE = {name: _NOWHERE for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}


def write_service(folder: Path) -> Path:
    """Write a service that breaks a rule."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "service.py").write_text(SERVICE, encoding="utf-8")
    return folder


def audits(skill: Path, service: Path) -> bool:
    """Say whether a skill, offline, finds what is wrong with it."""
    done = called(
        *(sys.executable, str(skill / "scripts/audit.py"), str(service)),
        folder=service,
        environment=_OFFLINE,
    )
    return done.returncode == 1 and "engine/created-in-lifespan" in done.stdout


def called(
    *command: str, folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command, and give what it says, whatever comes of it."""
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(  # noqa: S603 (commands of these tests)
        command,
        cwd=folder,
        env={**inherited, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def npm_tools(folder: Path, *packages: str) -> Path:
    """Install programs that npm has, and give the folder they are in."""
    npm = shutil.which("npm")
    assert npm is not None
    done = called(
        *(npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), *packages),
        folder=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder / "node_modules/.bin"
