"""What became of a service under faults, as rows of a table, lines below it, and JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from async_db.faults.client import PREPARING
from async_db.faults.judging import PROBES
from async_db.faults.outcome import Outcome
from async_db.faults.running import Result
from async_db.rules import DATABASES

SCHEMA_VERSION = 1
_HEADER = (
    "fault",
    "database",
    "verdict",
    "sent",
    "acknowledged writes",
    "lost",
    "answered",
    "slowest",
    "left",
)
_EMPTY = "–"
_UNJUDGED = (*PROBES, PREPARING)
"""The phases that are not about the fault itself."""


def table_rows(results: Sequence[Result]) -> list[list[str]]:
    """Give the rows of a table, the header first."""
    return [list(_HEADER), *map(_row, results)]


def _row(result: Result) -> list[str]:
    first = [result.scenario, DATABASES[result.database], result.word]
    if result.outcome is None:
        return [*first, *[_EMPTY] * (len(_HEADER) - len(first))]
    outcome = result.outcome
    asked = outcome.besides(*_UNJUDGED)
    answered = ", ".join(f"{number} x {name}" for name, number in asked.counts.items())
    numbers = (asked.sent, outcome.acknowledged, outcome.lost)
    slowest = f"{asked.slowest:.1f} s"
    return [*first, *map(str, numbers), answered or _EMPTY, slowest, str(outcome.left)]


def remarks(results: Sequence[Result]) -> list[str]:
    """Say why what is broken is broken, and what was not run is not run."""
    return [f"- {line}" for result in results for line in _told(result)]


def _told(result: Result) -> Iterator[str]:
    where = f"{result.scenario} on {DATABASES[result.database]}"
    if result.not_run is not None:
        yield f"{where}: not run: {result.not_run}"
    elif not result.verdict.held:
        yield f"{where}: {'; '.join(result.verdict.reasons)}"


def json_report(results: Sequence[Result]) -> str:
    """Give all results as JSON."""
    report = {"schema_version": SCHEMA_VERSION, "faults": [_as_json(result) for result in results]}
    return json.dumps(report, indent=2) + "\n"


def _as_json(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {
        "fault": result.scenario,
        "database": result.database,
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
