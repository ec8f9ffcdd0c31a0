"""What became of a service under faults, as rows of a table, lines below it, and JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from async_db.faults.client import PREPARING
from async_db.faults.judging import PROBES
from async_db.faults.outcome import Outcome, added_up
from async_db.faults.running import Result
from async_db.rules import DATABASES

SCHEMA_VERSION = 1
_WIRING = "wiring"
_HEADER = (
    "fault",
    "database",
    _WIRING,
    "verdict",
    "sent",
    "acknowledged writes",
    "lost",
    "answered",
    "slowest",
    "left",
)
_NUMBERS = 6  # columns after the verdict
_EMPTY = "–"
_UNJUDGED = (*PROBES, PREPARING)
"""The phases that are not about the fault itself."""


def table_rows(results: Sequence[Result]) -> list[list[str]]:
    """Give the rows of a table, the header first.

    What came out alike is one row: a fault on a database, in several wirings or several times. Its
    numbers are then added up.
    """
    wired = any(result.wiring for result in results)
    header = [name for name in _HEADER if wired or name != _WIRING]
    return [header, *(_row(alike, wired=wired) for alike in _alike(results))]


def _alike(results: Sequence[Result]) -> Iterator[list[Result]]:
    """Put together what is one row."""
    times: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        times.setdefault((result.scenario, result.database, result.wiring), []).append(result)
    rows: dict[tuple[str, str, str], list[Result]] = {}
    for (scenario, database, _), those in times.items():
        rows.setdefault((scenario, database, _verdict(those)), []).extend(those)
    return iter(rows.values())


def _verdict(results: Sequence[Result]) -> str:
    words = [result.word for result in results]
    broken = words.count("broken")
    return words[0] if len(set(words)) == 1 else f"broken, {broken} of {len(words)}"


def _row(results: Sequence[Result], *, wired: bool) -> list[str]:
    wirings = dict.fromkeys(result.wiring for result in results)
    own = [result for result in results if result.wiring == results[0].wiring]
    first = [results[0].scenario, DATABASES[results[0].database]]
    first += [", ".join(wirings)] if wired else []
    first.append(_verdict(own))
    outcomes = [result.outcome for result in results if result.outcome is not None]
    if not outcomes:
        return [*first, *[_EMPTY] * _NUMBERS]
    outcome = added_up(outcomes)
    asked = outcome.besides(*_UNJUDGED)
    answered = ", ".join(f"{number} x {name}" for name, number in asked.counts.items())
    numbers = (asked.sent, outcome.acknowledged, outcome.lost)
    slowest = f"{asked.slowest:.1f} s"
    return [*first, *map(str, numbers), answered or _EMPTY, slowest, str(outcome.left)]


def remarks(results: Sequence[Result]) -> list[str]:
    """Say why what is broken is broken, and what was not run is not run."""
    return list(dict.fromkeys(f"- {line}" for result in results for line in _told(result)))


def _told(result: Result) -> Iterator[str]:
    where = f"{result.scenario} on {DATABASES[result.database]}"
    if result.not_run is not None:
        yield f"{where}: not run: {result.not_run}"
    elif not result.verdict.held:
        wiring = f", {result.wiring}" if result.wiring else ""
        yield f"{where}{wiring}: {'; '.join(result.verdict.reasons)}"


def json_report(results: Sequence[Result]) -> str:
    """Give all results as JSON."""
    report = {"schema_version": SCHEMA_VERSION, "faults": [_as_json(result) for result in results]}
    return json.dumps(report, indent=2) + "\n"


def _as_json(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {
        "fault": result.scenario,
        "database": result.database,
        "wiring": result.wiring or None,
        "verdict": result.word,
        "reasons": list(result.verdict.reasons),
        "not_run": result.not_run,
        "seconds": round(result.seconds, 2),
    }
    if result.outcome is not None:
        told |= _outcome_as_json(result.outcome)
    return told


def _outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    phases = dict.fromkeys(answer.phase for answer in outcome.answers)
    return {
        "sent": outcome.sent,
        "acknowledged": outcome.acknowledged,
        "lost": outcome.lost,
        "misled": outcome.misled,
        "unknown": outcome.unknown,
        "unanswered": outcome.unanswered,
        "slowest": round(outcome.slowest, 3),
        "answered": {phase: outcome.of(phase).counts for phase in phases},
        "left": vars(outcome.left),
        "facts": dict(outcome.facts),
    }
