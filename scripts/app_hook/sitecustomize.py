"""Python loads this when it starts, in every process of a command that `observe.py` watches.

It waits for the process to load SQLAlchemy, and begins to watch it then. It stands aside for the
environment's own `sitecustomize`, takes this folder off the path, and keeps to what any Python 3.7
can read: a process of a Python that is too old for the rest says so.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module, machinery

TYPE_CHECKING = False  # `typing` is not loaded for it
if TYPE_CHECKING:
    from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
OLDEST = (3, 11)
AWAITED = "sqlalchemy"


class _Awaiting:
    """Finds SQLAlchemy as the others on `sys.meta_path` do, and is told when it has been loaded."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != AWAITED:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                _call_after_loading(spec.loader, self)
                return spec
        return None


def _call_after_loading(loader: Any, awaiting: Any) -> None:
    execute = loader.exec_module

    def executed(module: object) -> None:
        loader.__dict__.pop("exec_module", None)
        execute(module)
        if awaiting in sys.meta_path:
            sys.meta_path.remove(awaiting)
            _begin()

    loader.exec_module = executed


def _begin() -> None:
    """Begin to watch, or say why not; the app does not notice either."""
    try:
        if sys.version_info < OLDEST:
            _say(f"gave up: Python {sys.version.split()[0]} is older than 3.11")
            return
        _load_the_pack()
        import_module("async_db_observe_pack.running.hook").begin()
    except Exception as error:  # noqa: BLE001 (whatever it is, the app must not notice)
        _say(f"gave up: {type(error).__name__}: {error}")


def _load_the_pack() -> None:
    """Load the pack under a name that is no other's, without a folder of its own on the path."""
    name = "async_db_observe_pack"
    if name not in sys.modules:
        file = os.path.join(os.path.dirname(HERE), "pytest_plugin", name, "__init__.py")
        loader = machinery.SourceFileLoader(name, file)
        spec = machinery.ModuleSpec(name, loader, origin=file, is_package=True)
        module = type(sys)(name)
        module.__spec__, module.__loader__, module.__file__ = spec, loader, file
        module.__package__ = name
        sys.modules[name] = module
        loader.exec_module(module)


def _say(problem: str) -> None:
    import json
    from contextlib import suppress

    folder = os.environ.get("ASYNC_DB_OBSERVE_NOTES", "")
    path = os.path.join(folder, f"{os.getpid()}-gave-up.notes")
    with suppress(OSError), open(path, "a") as notes:  # there is no other place to say it
        notes.write(json.dumps({"problem": problem}) + "\n")


def _stand_aside() -> None:
    """Load what this module has hidden: the environment's own of the same name, if there is one."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != HERE]
    spec = machinery.PathFinder.find_spec(__name__, sys.path)
    if spec is not None and spec.loader is not None:
        module = type(sys)(__name__)
        module.__spec__, module.__loader__, module.__file__ = spec, spec.loader, spec.origin
        sys.modules[__name__] = module
        spec.loader.exec_module(module)


if os.environ.get("ASYNC_DB_OBSERVE_NOTES"):
    sys.meta_path.insert(0, _Awaiting())
_stand_aside()
