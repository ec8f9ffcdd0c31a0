"""What all processes of an app have noted, put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..observing import Seen
from .notes import counted, finding_of, noted

if TYPE_CHECKING:
    from ..pages import Gallery

NOT_WATCHED = (
    "has watched nothing: no Python process of the command has loaded SQLAlchemy and could import "
    "Starlette, or it ignores PYTHONPATH (python -E and -I do)"
)
NOTHING_NOTED = "has watched nothing: nothing is noted in this folder"


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was seen.

    Parameters:
        seen: as it is of a test run.
        judged: the rules that were looked at.
        gallery: the requests that a page shows.
    """

    seen: Seen
    judged: frozenset[str]
    gallery: Gallery | None


def gathered(folder: Path, *, draws: bool, none: str) -> Gathered:
    """Put together what is noted in a folder so far.

    Parameters:
        folder: where it is.
        draws: whether a page is wanted.
        none: what is to be said if nothing is noted.
    """
    coverage = counted(folder)
    seen = Seen(coverage=coverage)
    judged: set[str] = set()
    gallery = _gallery() if draws else None
    try:
        for each in noted(folder):
            match each:
                case {"finding": fields}:
                    seen.findings.append(finding_of(fields))
                case {"remaining": found}:
                    seen.findings += map(finding_of, found)
                case {"problem": str(problem)}:
                    seen.problems.append(problem)
                case {"remark": str(remark)}:
                    seen.remarks.append(remark)
                case {
                    "sampled": {"route": str(route), "served": int(served), "watched": int(watched)}
                }:
                    seen.note_sampled(route, served, watched)
                case {"judged": rules}:
                    judged |= set(rules)
                case {"shown": shown} if gallery is not None:
                    _show(gallery, shown)
    except (ValueError, KeyError, TypeError, OSError) as error:
        seen.problems.append(f"cannot read its notes: {type(error).__name__}: {error}")
    if coverage is None and not seen.problems:
        seen.problems.append(none)
    return Gathered(seen, frozenset(judged) if seen.requests else frozenset(), gallery)


def _gallery() -> Gallery:
    # Pages are loaded where one is drawn: who asks for none does not wait for them.
    from ..pages import Gallery

    return Gallery()


def _show(gallery: Gallery, shown: object) -> None:
    import json

    from ..pages import from_json

    for trace, findings in from_json(json.dumps([shown])):
        gallery.add(trace, findings)
