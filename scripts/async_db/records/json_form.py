"""A record as a file: one JSON object, sorted, so that two runs that saw the same are the same."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, get_args

from .record import (
    SCHEMA_VERSION,
    CallKind,
    LoadKind,
    Place,
    Record,
    RecordedCall,
    RecordedFunction,
    RecordedLoad,
    merged,
)


class RecordError(Exception):
    """A file is no record; the message is one line."""


def as_json(record: Record) -> str:
    """Give a record as text."""
    ordered = merged([record])
    whole = {
        "schema_version": SCHEMA_VERSION,
        "expire_on_commit": ordered.expire_on_commit,
        "problems": ordered.problems,
        "failed": ordered.failed,
        "files": ordered.files,
        "functions": [asdict(each) for each in ordered.functions],
        "calls": [asdict(each) for each in ordered.calls],
        "loads": [asdict(each) for each in ordered.loads],
    }
    lines = [f" {json.dumps(key)}: {_lines(value)}" for key, value in whole.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _lines(value: object) -> str:
    """Write one entry a line, so that differences between two records can be read."""
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"  {json.dumps(each)}" for each in value) + "\n ]"
    if isinstance(value, dict) and value:
        inner = (f"  {json.dumps(key)}: {json.dumps(each)}" for key, each in value.items())
        return "{\n" + ",\n".join(inner) + "\n }"
    return json.dumps(value)


def parse_record(text: str | bytes) -> Record:
    """Read a record.

    Raises:
        RecordError: it is none, or one of another version.
    """
    try:
        whole = json.loads(text)
        version = whole["schema_version"]
        if version != SCHEMA_VERSION:
            raise RecordError(f"a record of version {version}, and not of {SCHEMA_VERSION}")
        return Record(
            files={_text(path): _text(each) for path, each in dict(whole["files"]).items()},
            functions=tuple(map(_function, whole["functions"])),
            calls=tuple(map(_call, whole["calls"])),
            loads=tuple(map(_load, whole["loads"])),
            failed=tuple(map(_text, whole["failed"])),
            problems=tuple(map(_text, whole["problems"])),
            expire_on_commit=_truth(whole["expire_on_commit"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RecordError(f"no record: {type(error).__name__}: {error}") from error


def _function(fields: Any) -> RecordedFunction:
    return RecordedFunction(
        *(_text(fields["path"]), _text(fields["qualname"])),
        *(_number(fields["line"]), _truth(fields["direct"])),
    )


def _call(fields: Any) -> RecordedCall:
    if fields["kind"] not in get_args(CallKind):
        raise ValueError(f"no kind of call: {fields['kind']!r}")
    return RecordedCall(
        *(_text(fields["path"]), _spot(fields["start"]), _spot(fields["end"])),
        *(_text(fields["caller"]), _text(fields["callee"]), _text(fields["callee_path"])),
        *(fields["kind"], _text(fields["via"])),
    )


def _load(fields: Any) -> RecordedLoad:
    if fields["kind"] not in get_args(LoadKind):
        raise ValueError(f"no kind of load: {fields['kind']!r}")
    if fields["made_by"] not in ("query", "constructor", ""):
        raise ValueError(f"made by {fields['made_by']!r}")
    return RecordedLoad(
        *(_text(fields["owner"]), _text(fields["owner_path"]), _text(fields["attribute"])),
        *(fields["kind"], _truth(fields["sent"]), _place(fields["read"])),
        *(_text(fields["through"]), fields["made_by"]),
        None if fields["made"] is None else _place(fields["made"]),
    )


def _place(fields: Any) -> Place:
    end = None if fields["end"] is None else _spot(fields["end"])
    return Place(_text(fields["path"]), _text(fields["function"]), _spot(fields["start"]), end)


def _spot(value: Any) -> tuple[int, int]:
    line, column = value
    return _number(line), _number(column)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"no text: {value!r}")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"no number: {value!r}")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"neither true nor false: {value!r}")
    return value
