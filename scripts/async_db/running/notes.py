"""What one process notes of what it sees, as files in a folder that others read at any time.

A process may be killed, and of what it has seen nothing must be lost. So a finding is appended to
the process's own file when it is found, and counts are kept in memory that is a file's.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from mmap import mmap
from pathlib import Path
from struct import Struct
from typing import Any

from ..findings import Finding
from ..traces import Coverage

NOTES_VARIABLE = "ASYNC_DB_OBSERVE_NOTES"
"""The environment variable by which the processes of an app know where to note what they see."""

COUNTS = tuple(field.name for field in fields(Coverage) if field.name != "problems")
LAYOUT = Struct(f"<{len(COUNTS)}Q")
SETTINGS = "settings.json"
NOTES, COUNTED, TALLIED, SAMPLED = ".notes", ".counts", ".tallies", ".sampled"
TALLY = Struct("<Q")
SAMPLE = Struct("<QQ")  # of a route: how many requests were served, how many watched
MOST_ROUTES = 1_000
"""Of so many routes a process counts the requests."""
MOST_TALLIES = 2_000
"""Of so many places and routes a process counts the requests that its notes leave out."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the processes of an app have to know.

    Parameters:
        root: the project; lines outside it are not its own.
        draws: whether requests are to be drawn, and hence noted.
        every_request: whether all requests are watched, and not only some of each route.
    """

    root: str
    draws: bool = False
    every_request: bool = False

    def write(self, folder: Path) -> None:
        (folder / SETTINGS).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Settings | None:
        """Give the settings that stand in a folder, if any do."""
        file = folder / SETTINGS
        return cls(**json.loads(file.read_bytes())) if file.exists() else None


class Notes:
    """The notes of the current process; a fork of it has its own.

    Parameters:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = -1
        self._counts: mmap | None = None
        self._tallies: mmap | None = None
        self._sampled: mmap | None = None

    def add(self, kind: str, what: object) -> None:
        """Note something."""
        if self._file < 0:
            self._open()
        os.write(self._file, json.dumps({kind: what}, default=list).encode() + b"\n")

    def count(self, counts: Iterable[int]) -> None:
        """Note how much has been seen, in the order of `COUNTS`."""
        if self._counts is None:
            self._open()
        if self._counts is not None:
            LAYOUT.pack_into(self._counts, 0, *counts)

    def tally(self, place: int, requests: int) -> None:
        """Note how many requests more than its findings say have met a place of this number."""
        if self._tallies is not None and place < MOST_TALLIES:
            TALLY.pack_into(self._tallies, place * TALLY.size, requests)

    def sample(self, route: int, served: int, watched: int) -> None:
        """Note how many requests a route has served of this number, and how many were watched."""
        if self._sampled is not None and route < MOST_ROUTES:
            SAMPLE.pack_into(self._sampled, route * SAMPLE.size, served, watched)

    def forget(self) -> None:
        """Leave the files to the process from which this one has been forked."""
        self._file, self._counts, self._tallies, self._sampled = -1, None, None, None

    def _open(self) -> None:
        name = self._folder / f"{os.getpid()}-{time.time_ns():x}"
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        self._file = os.open(f"{name}{NOTES}", flags, 0o600)
        self._counts = _mapped(f"{name}{COUNTED}", LAYOUT.size)
        self._tallies = _mapped(f"{name}{TALLIED}", MOST_TALLIES * TALLY.size)
        self._sampled = _mapped(f"{name}{SAMPLED}", MOST_ROUTES * SAMPLE.size)


def _mapped(file: str, size: int) -> mmap:
    """Make a file of zeros, and give it as memory."""
    opened = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.write(opened, bytes(size))  # a full disk is to be noticed here, not later
        return mmap(opened, size)
    finally:
        os.close(opened)


def noted(folder: Path) -> Iterator[dict[str, Any]]:
    """Give all that the processes of an app have noted, each thing by its kind.

    Of what one process says is left at its end, only the last counts. The first finding of a place
    has the requests of those that are left out, and a route how many it served and were watched.

    Raises:
        ValueError: a file is damaged.
    """
    for file in sorted(folder.glob(f"*{NOTES}")):
        remaining: dict[str, Any] = {}
        tallies, samples = _tallies_beside(file), _samples_beside(file)
        lines = file.read_bytes().split(b"\n")
        for line in lines[:-1]:  # what follows the last end of a line is still being written
            each: dict[str, Any] = json.loads(line)
            if "remaining" in each:
                remaining = each
                continue
            if "finding" in each:
                each["finding"]["requests"] += tallies.pop(each["finding"].pop("tally"), 0)
            elif "sampled" in each:
                served, watched = samples[each["sampled"]["number"]]
                each["sampled"] |= {"served": served, "watched": watched}
            yield each
        yield remaining


def _tallies_beside(file: Path) -> dict[int, int]:
    """Give the requests that a process has tallied, by the numbers of the places."""
    counts = enumerate(_records_of(file.with_suffix(TALLIED), TALLY))
    return {place: count for place, (count,) in counts if count}


def _samples_beside(file: Path) -> dict[int, tuple[int, ...]]:
    """Give how many requests a process has served and watched, by the numbers of the routes."""
    return dict(enumerate(_records_of(file.with_suffix(SAMPLED), SAMPLE)))


def _records_of(file: Path, layout: Struct) -> Iterator[tuple[int, ...]]:
    data = file.read_bytes() if file.exists() else b""
    return layout.iter_unpack(data[: len(data) - len(data) % layout.size])


def counted(folder: Path) -> Coverage | None:
    """Give how much all processes together have seen, or nothing if there was none."""
    total: Coverage | None = None
    for file in folder.glob(f"*{COUNTED}"):
        data = file.read_bytes()
        if len(data) == LAYOUT.size:
            own = Coverage(**dict(zip(COUNTS, LAYOUT.unpack(data), strict=True)))
            total = own if total is None else total + own
    return total


def finding_of(noted: dict[str, Any]) -> Finding:
    """Give a finding that was noted."""
    return Finding(**{**noted, "evidence": tuple(noted["evidence"])})
