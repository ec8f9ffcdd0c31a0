"""Which framework serves a target: what others call in threads does not become async."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.target import Module, Project

_ASYNC = frozenset({"fastapi", "starlette", "litestar", "quart", "aiohttp", "faststream"})
_THREADED = {"flask": "Flask", "django": "Django", "bottle": "Bottle", "pyramid": "Pyramid"}


def threaded_framework(project: Project) -> str:
    """Name the framework of threads that serves a target; empty, if FastAPI or none does."""
    found = {name for module in project.modules for name in _imported(module)}
    if found & _ASYNC:
        return ""
    return next((name for package, name in _THREADED.items() if package in found), "")


def _imported(module: Module) -> Iterator[str]:
    for each in module.imports:
        source = each.target if each.kind == "from" else each.name
        yield source.partition(".")[0]
