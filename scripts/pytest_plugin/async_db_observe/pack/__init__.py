"""The package `async_db`, under a name that cannot hide one of the service's."""

from pathlib import Path

__path__ = [str(Path(__file__).resolve().parents[3] / "async_db")]
