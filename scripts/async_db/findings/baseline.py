"""The baseline: findings that are known, so that only new ones are told. Standard library only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .escaping import json_text, visible
from .finding import Finding
from .fingerprints import fingerprint, fingerprint_by_message
from .merging import place_of, sort_key

VERSION = 2
_BY_MESSAGE = 1  # the first form named findings by what they said and of which route


class BaselineError(Exception):
    """A baseline cannot be used; the message is one line and names the file."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is known.

    Parameters:
        counts: how many places each fingerprint is allowed.
        by_message: whether the fingerprints are of the first form, which is still read.
    """

    counts: Counter[str] = field(default_factory=Counter)
    by_message: bool = False

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Baseline:
        """Allow these findings, and no more of them."""
        places = _places(findings, fingerprint)
        return cls(Counter({name: len(each) for name, each in places.items()}))


def baseline_text(findings: Iterable[Finding]) -> str:
    """Give the content of a baseline that allows these findings, and no more of them.

    Parameters:
        findings: in any order, which does not change the result.
    """
    known = [
        {
            "rule": first.rule,
            "path": first.path,
            **({"function": first.function} if first.function else {}),
            **({"code": first.code} if first.code else {"message": first.message}),
            "count": len(places),
            "fingerprint": name,
        }
        for name, places in _places(findings, fingerprint).items()
        for first in [places[min(places)][0]]
    ]
    known.sort(key=lambda entry: [str(value) for value in entry.values()])
    return json_text({"schema_version": VERSION, "known": known})


def read_baseline(path: Path) -> Baseline:
    """Read what is known.

    Parameters:
        path: the file that holds what `baseline_text` gave, of this release or an older one.

    Raises:
        BaselineError: it cannot be read, or is no baseline.
    """
    try:
        return _baseline(json.loads(path.read_bytes()))
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    except RecursionError:
        reason = "not a baseline: nested too deeply"
    except ValueError as error:  # not JSON, not text, or what _baseline says
        reason = f"not a baseline: {error}"
    raise BaselineError(visible(f"{path}: {reason}")) from None


def new_findings(findings: Iterable[Finding], baseline: Baseline) -> list[Finding]:
    """Give the findings beyond those that a baseline allows, in the order they came in.

    A fingerprint is allowed in as many places as the baseline counts; the places lowest in the
    file are then the new ones. All tests and routes that met one place are one occurrence.

    Parameters:
        findings: all that was found.
        baseline: what is known.
    """
    found = list(findings)
    name_of = fingerprint_by_message if baseline.by_message else fingerprint
    surplus = {
        (name, place)
        for name, places in _places(found, name_of).items()
        for place in sorted(places)[baseline.counts[name] :]
    }
    return [finding for finding in found if (name_of(finding), place_of(finding)) in surplus]


def _places(
    findings: Iterable[Finding], name_of: Callable[[Finding], str]
) -> dict[str, dict[tuple[str, int], list[Finding]]]:
    """Give the findings by fingerprint and place."""
    places: dict[str, dict[tuple[str, int], list[Finding]]] = {}
    for finding in sorted(findings, key=sort_key):
        of_one = places.setdefault(name_of(finding), {})
        of_one.setdefault(place_of(finding), []).append(finding)
    return places


def _baseline(content: Any) -> Baseline:
    """Take a baseline out of a file's content.

    Raises:
        ValueError: it has another form.
    """
    match content:
        case {"schema_version": version, "known": list(entries)}:
            pass
        case _:
            raise ValueError('no object with a "schema_version" and a list "known"')
    if type(version) is not int or version not in (_BY_MESSAGE, VERSION):
        raise ValueError(f'"schema_version" is {version!r:.40}, not {_BY_MESSAGE} or {VERSION}')
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
    return Baseline(counts, version == _BY_MESSAGE)
