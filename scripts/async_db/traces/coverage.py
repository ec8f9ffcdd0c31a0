"""How much of a run was seen, and what of it could not be judged. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of one process, which add up over several.

    Parameters:
        requests: how many were watched.
        with_database: how many of them used SQLAlchemy.
        with_tests_sessions: how many used a session that the tests made.
        too_long: how many had more events than are kept.
        alike: how many findings are left out, of which enough alike are told.
        over: how many findings are left out because there are too many in all.
        unended: how many had not ended, of which nothing is told yet.
        unwatched: how many more were served and not watched, as others of their routes were.
        problems: what went wrong in the watching.
    """

    requests: int = 0
    with_database: int = 0
    with_tests_sessions: int = 0
    too_long: int = 0
    alike: int = 0
    over: int = 0
    unended: int = 0
    unwatched: int = 0
    problems: tuple[str, ...] = ()

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(
            self.requests + other.requests,
            self.with_database + other.with_database,
            self.with_tests_sessions + other.with_tests_sessions,
            self.too_long + other.too_long,
            self.alike + other.alike,
            self.over + other.over,
            self.unended + other.unended,
            self.unwatched + other.unwatched,
            tuple(dict.fromkeys((*self.problems, *other.problems))),
        )
