"""An edge of the call graph that is not known from the source alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Knowledge = Literal["recorded", "types"]


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A call, and what it runs.

    Parameters:
        path: the file that the call is in, relative to the project, with slashes.
        end: where the call's expression ends, as `ast` tells it: the line, counted from 1, and the
            column in bytes of UTF-8, counted from 0. No two calls of a file end at one place.
        callee: the dotted name of the function in `callee_path`, without `<locals>`; or a library's
            own name, such as `sqlalchemy.orm.Session.execute`.
        callee_path: the file that defines it; empty for a library's.
        source: who knows it: somebody who saw it happen, or a type checker.
    """

    path: str
    end: tuple[int, int]
    callee: str
    callee_path: str
    source: Knowledge
