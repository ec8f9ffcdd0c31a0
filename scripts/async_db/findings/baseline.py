"""The baseline: findings that are known, so that only new ones are told. Standard library only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .escaping import json_text, visible
from .finding import Finding
from .fingerprints import fingerprint
from .json_format import SCHEMA_VERSION
from .merging import place_of, sort_key


class BaselineError(Exception):
    """A baseline cannot be used; the message is one line and names the file."""


def baseline_text(findings: Iterable[Finding]) -> str:
    """Give the content of a baseline that allows these findings, and no more of them.

    Parameters:
        findings: in any order, which does not change the result.
    """
    known = [
        {
            "rule": first.rule,
            "path": first.path,
            "message": first.message,
            **({"route": first.route} if first.route else {}),
            "count": len(places),
            "fingerprint": name,
        }
        for name, places in _places(findings).items()
        for first in [places[min(places)][0]]
    ]
    known.sort(key=lambda entry: [str(value) for value in entry.values()])
    return json_text({"schema_version": SCHEMA_VERSION, "known": known})


def read_baseline(path: Path) -> Counter[str]:
    """Read how many places each fingerprint is allowed.

    Parameters:
        path: the file that holds what `baseline_text` gave.

    Raises:
        BaselineError: it cannot be read, or is no baseline.
    """
    try:
        return _counts(json.loads(path.read_bytes()))
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    except RecursionError:
        reason = "not a baseline: nested too deeply"
    except ValueError as error:  # not JSON, not text, or what _counts says
        reason = f"not a baseline: {error}"
    raise BaselineError(visible(f"{path}: {reason}")) from None


def new_findings(findings: Iterable[Finding], baseline: Mapping[str, int]) -> list[Finding]:
    """Give the findings beyond those that a baseline allows, in the order they came in.

    A fingerprint is allowed in as many places as the baseline counts; the places lowest in the
    file are then the new ones. All tests that met one place are one occurrence.

    Parameters:
        findings: all that was found.
        baseline: how many places each fingerprint is allowed.
    """
    found = list(findings)
    surplus = {
        (name, place)
        for name, places in _places(found).items()
        for place in sorted(places)[baseline.get(name, 0) :]
    }
    return [finding for finding in found if (fingerprint(finding), place_of(finding)) in surplus]


def _places(findings: Iterable[Finding]) -> dict[str, dict[tuple[str, int], list[Finding]]]:
    """Give the findings by fingerprint and place."""
    places: dict[str, dict[tuple[str, int], list[Finding]]] = {}
    for finding in sorted(findings, key=sort_key):
        of_one = places.setdefault(fingerprint(finding), {})
        of_one.setdefault(place_of(finding), []).append(finding)
    return places


def _counts(content: Any) -> Counter[str]:
    """Take the counts out of a baseline's content.

    Raises:
        ValueError: it has another form.
    """
    match content:
        case {"schema_version": version, "known": list(entries)}:
            pass
        case _:
            raise ValueError('no object with a "schema_version" and a list "known"')
    if type(version) is not int or version != SCHEMA_VERSION:
        raise ValueError(f'"schema_version" is {version!r:.40}, not {SCHEMA_VERSION}')
    counts: Counter[str] = Counter()
    for number, entry in enumerate(entries, start=1):
        match entry:
            # `bool` is an `int` to Python, and no count to a person.
            case {"fingerprint": str(name), "count": int(count)} if (
                name and count > 0 and not isinstance(count, bool)
            ):
                if name in counts:
                    raise ValueError(f"entry {number} of {name:.40} repeats an earlier one")
                counts[name] = count
            case _:
                raise ValueError(f'entry {number} lacks a "fingerprint" or a positive "count"')
    return counts
