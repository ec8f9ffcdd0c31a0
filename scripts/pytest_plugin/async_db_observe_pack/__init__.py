"""The package `async_db`, under a name that cannot hide one of the service's.

It is not within the plugin's own, whose assertions pytest would rewrite in all of it.
"""

from pathlib import Path

__path__ = [str(Path(__file__).resolve().parents[2] / "async_db")]
