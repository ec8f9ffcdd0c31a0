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
    """Name a finding by what stays when lines move and counts or addresses in its message change.

    Parameters:
        finding: of which rule, path, route and message count.
    """
    parts = [finding.rule, finding.path.replace("\\", "/"), finding.route]
    # As JSON, no two findings' parts can run together, and whatever a path holds is ASCII.
    text = json.dumps([*parts, _VARYING.sub(_constant, finding.message)])
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _constant(varying: re.Match[str]) -> str:
    return {"uuid": "<uuid>", "address": "<address>"}.get(varying.lastgroup or "", "<number>")
