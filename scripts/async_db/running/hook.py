"""Begins to watch a process that a watched command has started; see `app_hook/sitecustomize.py`."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .notes import NOTES_VARIABLE, Notes, Settings

PLUGIN = "async_db_observe"
LEFT = "left a process to the pytest plugin, which tells by itself what it has seen"


def begin() -> None:
    """Watch this process from now on, if it can serve requests; SQLAlchemy has been loaded."""
    folder = Path(os.environ.get(NOTES_VARIABLE, ""))
    settings = Settings.read(folder)
    if settings is None or find_spec("starlette") is None:
        return  # who has started this process is gone, or it is another program's
    if PLUGIN in sys.modules:
        Notes(folder).add("problem", LEFT)
        return
    watch_or_say_why_not(folder, Path(settings.root), settings.draws)


def watch_or_say_why_not(folder: Path, root: Path, draws: bool) -> Any:
    """Give who watches this process, or None if that cannot be, which is noted.

    Parameters:
        folder: for the notes.
        root: the project; lines outside it are not its own.
        draws: whether requests are noted so that a page can draw them.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return import_module(".process", __package__).watch(folder, Settings(str(root), draws))
    except Exception as error:  # noqa: BLE001 (whatever it is, the app must not notice)
        problem = f"gave up: {type(error).__name__}: {error}"
    try:
        Notes(folder).add("problem", problem)
    except OSError:
        print(f"observe {problem}", file=sys.stderr)
    return None
