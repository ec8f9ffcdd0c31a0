"""Which files can matter: those that import a library, and all that imports connect with them.

Looked at as text, since a file that cannot matter is never parsed. In both directions, since who
imports a port may stand behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from async_db.target.files import SourceFile

_IMPORT = re.compile(
    rb"[\n\r;:](?:\xef\xbb\xbf)?[ \t\f]*(?:from[ \t]+(?P<target>[.\w]+)[ \t]+import[ \t]*"
    rb"(?P<names>\([^)]*\)|(?:[^\n\r#;\\]|\\\r?\n)*)|import[ \t]+(?P<plain>[\w., \t]+))"
)
"""At the start of a line, however lines end, or behind another statement."""
_Imports = Sequence[tuple[bytes, bytes, bytes]]
_LIBRARIES = frozenset(
    b"""sqlalchemy sqlmodel fastapi starlette alembic asyncpg psycopg psycopg2 databases aiosqlite
        aiomysql asyncmy pymysql sqlite3 advanced_alchemy fastcrud fastapi_users
        fastapi_users_db_sqlalchemy fastapi_crudrouter sqlalchemy_crud_plus sqlalchemy_utils
        dependency_injector dishka modern_di modern_di_fastapi punq svcs lagom injector abc celery
        apscheduler arq dramatiq rq taskiq typer click httpx aiohttp requests""".split()
)
"""Libraries that reach a database, serve requests or call them, start work, or keep what does; and ports."""
_WORD = re.compile(rb"\w+")
_CONFTEST = "conftest.py"


def that_matter(
    sources: Sequence[SourceFile], names: Mapping[str, Iterable[str]]
) -> frozenset[str]:
    """Give the paths of the files that can say anything of a database.

    Parameters:
        sources: the files.
        names: those that each can be imported by, by its path.
    """
    imports = {
        source.path: _IMPORT.findall(b"\n" + source.data) for source in sources if source.matters
    }
    speaking = [path for path, own in imports.items() if any(map(_speaks, own))]
    others = imports.keys() - speaking if speaking else set()
    # Settings may name the database before anybody imports them, and say nothing of who does.
    settings = [path for path in others if any(map(_makes_settings, imports[path]))]
    return frozenset(
        {*(speaking or imports), *settings, *_connected(speaking, sorted(others), imports, names)}
    )


def _speaks(statement: tuple[bytes, bytes, bytes]) -> bool:
    """Say whether an import is of a library, or of what ports are made of.

    Who stands behind a port need not import it.
    """
    target, names, plain = statement
    if target.partition(b".")[0] in _LIBRARIES or b"Protocol" in names:
        return True
    return any(
        each.strip().partition(b".")[0].partition(b" ")[0] in _LIBRARIES
        for each in (plain.split(b",") if plain else ())
    )


def _makes_settings(statement: tuple[bytes, bytes, bytes]) -> bool:
    target, names, plain = statement
    return b"pydantic_settings" in target + plain or b"BaseSettings" in names


def _connected(
    speaking: Iterable[str],
    others: Sequence[str],
    imports: Mapping[str, _Imports],
    names: Mapping[str, Iterable[str]],
) -> set[str]:
    """Give those of other files that import one that speaks, or are imported, however far."""
    if not others:
        return set()
    own = {path: _asked([path], imports) for path in others}
    by_key: dict[bytes, list[str]] = {}
    for path in others:
        for key in _keys(path, names):
            by_key.setdefault(key, []).append(path)
    found: set[str] = set()
    new = list(speaking)
    asked = _asked(new, imports)
    while new:
        keys = {key for path in new for key in _keys(path, names)}
        # Whoever is below a conftest.py has its fixtures without an import.
        below = tuple(path.removesuffix(_CONFTEST) for path in new if path.endswith(_CONFTEST))
        imported = {path for key in asked for path in by_key.get(key, ())}
        new = [
            path
            for path, needs in own.items()
            if path not in found
            and (path in imported or path.startswith(below) or not needs.isdisjoint(keys))
        ]
        found.update(new)
        asked = {key for path in new for key in own[path]}
    return found


def _keys(path: str, names: Mapping[str, Iterable[str]]) -> Iterator[bytes]:
    """Give what imports may call a file: its names, and its place for relative imports."""
    for name in names[path]:
        yield name.encode(errors="replace")
    yield _place(path)


def _place(path: str) -> bytes:
    """Name a file by where it is; a package by its folder."""
    place = path.rpartition(".")[0]
    return b"/" + place.removesuffix("__init__").removesuffix("/").encode(errors="replace")


def _asked(paths: Iterable[str], imports: Mapping[str, _Imports]) -> set[bytes]:
    """Give all that files may import: modules, packages on the way, and names that may be modules."""
    found: set[bytes] = set()
    absolute: set[tuple[bytes, bytes, bytes]] = set()
    for path in paths:
        for each in imports[path]:
            if each[0].startswith(b"."):
                base = _above(path, each[0])
                found.add(base)
                found.update(base.rstrip(b"/") + b"/" + name for name in _WORD.findall(each[1]))
            else:
                absolute.add(each)
    for target, names, plain in absolute:
        if target:
            found.add(target)
            found.update(target + b"." + name for name in _WORD.findall(names))
        found.update(part.split()[0] for part in plain.split(b",") if part.strip())
    for name in list(found):
        separator = b"/" if name.startswith(b"/") else b"."
        above = name.rpartition(separator)[0]
        while above and above not in found:
            found.add(above)
            above = above.rpartition(separator)[0]
    return found


def _above(path: str, target: bytes) -> bytes:
    """Give the place that a relative import speaks of."""
    rest = target.lstrip(b".")
    folders = path.encode(errors="replace").split(b"/")[: -(len(target) - len(rest))]
    return b"/" + b"/".join([*folders, *(rest.split(b".") if rest else ())])
