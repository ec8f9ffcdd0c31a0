"""The faults on the page of evidence: what `faults.py --format json` told of the same service."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from async_db.pages import text
from async_db.rules import DATABASES

NAME = "faults.json"
"""The file, beside the evidence."""
WRITTEN_BY = f"uv run scripts/faults.py --format json > {NAME}"

_SCHEMA_VERSION = 1
_HEADER = ("fault", "database", "wiring", "verdict", "acknowledged writes", "lost", "answered")


@dataclass(frozen=True)
class Fault:
    """What became of a service under one fault, as far as it is shown."""

    name: str
    database: str
    wiring: str
    verdict: str
    acknowledged: int | None
    lost: int | None
    answered: Mapping[str, int]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Faults:
    """Those that are known; else `missing` says why there are none."""

    told: tuple[Fault, ...] = ()
    missing: str = ""


def read_faults(path: Path) -> Faults:
    """Read what was found under faults; that there is no such file, or no such text, is told."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema_version"] != _SCHEMA_VERSION:
            return Faults(missing=f"{path.name} is of another version")
        return Faults(tuple(_fault(part) for part in content["faults"]))
    except FileNotFoundError:
        return Faults(missing=f"there is no {path.name} beside the evidence")
    except (OSError, UnicodeDecodeError) as error:
        return Faults(missing=f"{path.name} cannot be read: {error}")
    except (ValueError, LookupError, TypeError, AttributeError):
        return Faults(missing=f"{path.name} is not what faults.py writes")


def _fault(part: Mapping[str, Any]) -> Fault:
    answered: Counter[str] = Counter()
    for counts in part.get("answered", {}).values():
        answered.update({str(name): int(number) for name, number in counts.items()})
    not_run = part["not_run"]
    return Fault(
        name=str(part["fault"]),
        database=str(part["database"]),
        wiring=str(part.get("wiring") or ""),
        verdict=str(part["verdict"]),
        acknowledged=part.get("acknowledged"),
        lost=part.get("lost"),
        answered=answered,
        reasons=tuple(map(str, [not_run] if not_run else part["reasons"])),
    )


def faults_section(faults: Faults) -> str:
    """Draw them as a table, or say that there are none and what gets them."""
    head = "<h2 id=faults>What becomes of the service under faults</h2>"
    if not faults.told:
        reason = faults.missing or f"{NAME} tells of no fault"
        return f"{head}<p class=note>{text(reason)}; <code>{text(WRITTEN_BY)}</code> writes it.</p>"
    header = [name for name in _HEADER if name != "wiring" or any(f.wiring for f in faults.told)]
    heads = "".join(f"<th scope=col>{name}</th>" for name in header)
    rows = "".join(_row(fault, header) for fault in faults.told)
    return f"{head}<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(fault: Fault, header: Sequence[str]) -> str:
    style = {"held": " good", "broken": " bad"}.get(fault.verdict, "")
    reasons = (
        f"<div class=soft>{text('; '.join(fault.reasons), 160)}</div>" if fault.reasons else ""
    )
    answered = ", ".join(f"{number} x {name}" for name, number in sorted(fault.answered.items()))
    cells = {
        "database": text(DATABASES.get(fault.database, fault.database)),
        "wiring": text(fault.wiring),
        "verdict": f"<span class='tag{style}'>{text(fault.verdict)}</span>{reasons}",
        "acknowledged writes": "–" if fault.acknowledged is None else str(int(fault.acknowledged)),
        "lost": "–" if fault.lost is None else str(int(fault.lost)),
        "answered": text(answered, 200) or "–",
    }
    told = "".join(f"<td data-name='{name}'>{cells[name]}</td>" for name in header if name in cells)
    return f"<tr><th scope=row>{text(fault.name)}</th>{told}</tr>"
