"""A service described in TOML, which is how a user's own is told."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from async_db.faults.service import Limits, Request, Service, ServiceError, check_service

_WHERE = "folder"


def read_service(path: Path) -> Service:
    """Read the description of a service.

    Args:
        path: a TOML file; the service is started in its folder, unless it names another one.

    Raises:
        ServiceError: it cannot be read, or says what a description does not.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ServiceError(f"{path}: cannot be read: {error}") from error
    try:
        return service_of(text, path.resolve().parent)
    except ServiceError as error:
        raise ServiceError(f"{path}: {error}") from error


def service_of(text: str, folder: Path) -> Service:
    """Give the service that a text describes.

    Args:
        text: the TOML.
        folder: where the paths that it names begin.

    Raises:
        ServiceError: it is no TOML, or says what a description does not.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ServiceError(str(error)) from error
    values = _checked(Service, told, "the description")
    values["folder"] = folder / str(values.get(_WHERE, "."))
    values["requests"] = tuple(
        Request(**_request(entry)) for entry in _tables(told.get("requests", []))
    )
    values["limits"] = Limits(**_checked(Limits, told.get("limits", {}), "limits"))
    values["command"] = tuple(values["command"])
    values["migrate"] = tuple(tuple(command) for command in values.get("migrate", ()))
    if values.get("database", "postgresql") not in ("postgresql", "sqlite"):
        raise ServiceError("database is neither postgresql nor sqlite")
    return check_service(Service(**values))


def _request(entry: Mapping[str, Any]) -> dict[str, Any]:
    values = _checked(Request, entry, f"request {entry.get('name', '')}".strip())
    values["contend"] = tuple(values.get("contend", ()))
    if values.get("kind", "plain") not in ("plain", "stream", "import", "background"):
        raise ServiceError(f"request {values['name']}: kind is none that there is")
    return values


_TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("answer", "recover", "stop"), (int, float)),
    **dict.fromkeys(("command", "migrate", "contend", "requests"), list),
    **dict.fromkeys(("environment", "headers", "behind_pgbouncer", "limits"), dict),
    "body": object,
}


def _checked(kind: type, told: object, where: str) -> dict[str, Any]:
    """Refuse keys that there are not, keys that are missing, and values of a wrong type."""
    if not isinstance(told, Mapping):
        raise ServiceError(f"{where} is not a table")
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(told.keys() - known.keys()):
        raise ServiceError(f"{where}: there is no {unknown[0]!r}; there are {', '.join(known)}")
    for name, field in known.items():
        given = name in told or name == _WHERE
        if not given and field.default is MISSING and field.default_factory is MISSING:
            raise ServiceError(f"{where}: {name} is missing")
        if name in told and not isinstance(told[name], _TYPES.get(name, str)):
            raise ServiceError(f"{where}: {name} is of a wrong type")
    return dict(told)


def _tables(told: object) -> list[Mapping[str, Any]]:
    if not isinstance(told, list) or not all(isinstance(entry, Mapping) for entry in told):
        raise ServiceError("requests are tables: [[requests]]")
    return told
