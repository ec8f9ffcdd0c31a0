"""What a finding is recognised by after the code around it has changed. Standard library only."""

from __future__ import annotations

import hashlib
import json
import re

from .finding import Finding

_VARYING = re.compile(
    r"(?P<uuid>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)"
    r"|(?P<address>0x[0-9a-f]+)"
    r"|\d+(?:[.,]\d+)*",
    re.IGNORECASE,
)


def fingerprint(finding: Finding) -> str:
    """Name the place of a finding by what stays when lines move: the rule, the file, the code.

    Of equal lines in a function each has its own. Where there is no code to read, what is said
    stands for it.

    Parameters:
        finding: as `SourceFiles` has located it.
    """
    place = [finding.code, finding.function, str(finding.nth)]
    return _named(finding, place if finding.code else [_constant_in(finding.message)])


def fingerprint_by_message(finding: Finding) -> str:
    """Name a finding as baselines of the first form do, by what it says and of which route."""
    return _named(finding, [finding.route, _constant_in(finding.message)])


def _named(finding: Finding, parts: list[str]) -> str:
    # As JSON, no two findings' parts can run together, and whatever a path holds is ASCII.
    text = json.dumps([finding.rule, finding.path.replace("\\", "/"), *parts])
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _constant_in(message: str) -> str:
    return _VARYING.sub(_constant, message)


def _constant(varying: re.Match[str]) -> str:
    return {"uuid": "<uuid>", "address": "<address>"}.get(varying.lastgroup or "", "<number>")
