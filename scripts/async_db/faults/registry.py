"""The scenarios; each registers itself with `scenario`."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from async_db.faults.outcome import Outcome, Verdict, verdict
from async_db.faults.service import Limits

if TYPE_CHECKING:
    from async_db.faults.stage import Stage

Run = Callable[["Stage"], Awaitable[Outcome]]
Judge = Callable[[Outcome, Limits], Iterator[str]]

POSTGRESQL = ("postgresql",)
SQLITE = ("sqlite",)
BOTH = (*POSTGRESQL, *SQLITE)


class Need(Enum):
    """What a scenario cannot do without, and what is said where it is not there."""

    WRITER = "no plain request tells how its write is looked up (stored or read)"
    UPDATER = "no request with `after` tells how its write is looked up (stored or read)"
    LOCK = "no request says how its row is locked (lock)"
    CONTENTION = "no request says how a deadlock comes about (contend)"
    BACKGROUND = (
        'no request of kind "background" says how its row, an updated one, is locked (lock)'
    )
    STREAM = 'no request is of kind "stream"'
    READY = "it has no path for readiness (ready)"
    OWN_SERVER = "the server of --database-url is not ours to stop or change"
    MIGRATIONS = "it does not say what makes its tables (migrate)"
    PGBOUNCER_SETTINGS = "it does not say what it needs behind PgBouncer (behind_pgbouncer)"
    PGBOUNCER = "pgbouncer is not installed: sudo apt-get install -y pgbouncer"


@dataclass(frozen=True)
class Scenario:
    """A fault, and what must hold under it.

    Attributes:
        name: how it is asked for.
        happens: what happens, and what must hold, in a sentence.
        databases: those that it concerns.
        needs: what it cannot do without.
        starts: whether the service is started before it, on tables that are there.
    """

    name: str
    happens: str
    databases: tuple[str, ...]
    needs: tuple[Need, ...]
    run: Run
    judge: Judge
    starts: bool = True

    def verdict(self, outcome: Outcome, limits: Limits) -> Verdict:
        """Say whether what must hold did."""
        return verdict(self.judge(outcome, limits))


SCENARIOS: dict[str, Scenario] = {}
"""All there are, by name."""


def scenario(
    happens: str,
    judge: Judge,
    *,
    databases: tuple[str, ...] = POSTGRESQL,
    needs: tuple[Need, ...] = (Need.WRITER,),
    starts: bool = True,
) -> Callable[[Run], Run]:
    """Register the decorated function as the scenario that its module is named after."""

    def register(run: Run) -> Run:
        name = run.__module__.rpartition(".")[2].replace("_", "-")
        SCENARIOS[name] = Scenario(name, happens, databases, needs, run, judge, starts)
        return run

    return register
