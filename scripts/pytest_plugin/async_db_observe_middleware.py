"""Watches what an app's database layer does, by a line in the app: for where no command can be put
in front of its own.

With the folder that holds this file on the path::

    from async_db_observe_middleware import ObserveMiddleware

    app.add_middleware(ObserveMiddleware, notes="/tmp/observed")

Each process of the app notes what it sees there, at once. Whoever wants to know, while the app runs
or afterwards, has it told::

    python path/to/scripts/observe.py --notes /tmp/observed

It changes no answer. Of each route the first 200 requests are watched and afterwards one of 16, for
what watching costs, unless ``every_request=True`` is given. Engines are made before an app has its middleware, so of those it sees less
than `observe.py -- COMMAND` does, and says so.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

REMARK = (
    "Watched from the app's middleware on: engines that were made before it were not judged "
    "(engine/one-per-process, engine/created-in-lifespan, engine/disposed-on-shutdown)."
)


class ObserveMiddleware:
    """An ASGI app that serves as the one behind it does.

    Parameters:
        app: the one behind it.
        notes: the folder for what is seen; it is made if it is not there.
        root: the project; lines outside it are not its own.
        draws: whether requests are noted so that a page can draw them.
        every_request: whether all requests are watched, and not only some of each route.
    """

    def __init__(
        self,
        app: Any,
        *,
        notes: str | Path,
        root: str | Path = ".",
        draws: bool = True,
        every_request: bool = False,
    ) -> None:
        self.app = app
        hook = import_module("async_db_observe_pack.running.hook")
        settings = hook.Settings(str(Path(root).resolve()), draws, every_request)
        self._process = hook.watch_or_say_why_not(Path(notes), settings)
        if self._process is not None:
            self._process.remark(REMARK)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        process, kind = self._process, scope["type"]
        if process is not None and kind in process.served and not process.in_request:
            await process.wrap(self.app)(scope, receive, send)
        elif process is not None and kind == "lifespan" and not process.in_lifespan:
            await process.live(self.app, scope, receive, send)
        else:
            await self.app(scope, receive, send)
