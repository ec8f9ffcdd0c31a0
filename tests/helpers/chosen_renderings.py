"""Which renderings are typed and have their own tests run: of all that differ, few or all."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from helpers.pairwise import Row, pairwise
from helpers.rendered import FEATURES, LONG, MANIFEST, SHORT, Options, combinations

NAMES = {"short": SHORT, "long": LONG}
SERVERS = {"postgresql": ("postgresql",), "sqlite": ("sqlite",), "both": ("postgresql", "sqlite")}


@dataclass(frozen=True)
class Chosen:
    """A row of what was chosen: options, each feature with `yes` or `no`, names, and a server."""

    row: Row

    def __str__(self) -> str:
        known = MANIFEST.options
        other = [
            value
            for name, value in self.row.items()
            if name in known and value != known[name].default
        ]
        return "-".join([*other, *self.features, self.row["names"], "on", self.server])

    @property
    def server(self) -> str:
        """The database that its own tests run on."""
        return self.row["server"]

    @property
    def features(self) -> list[str]:
        return [feature for feature in FEATURES if self.row[feature] == "yes"]

    @property
    def options(self) -> Options:
        own = {name: value for name, value in self.row.items() if name in MANIFEST.options}
        return {**own, "with": ",".join(self.features), **NAMES[self.row["names"]]}

    def for_the_newest(self) -> "Chosen":
        """Give the same for the FastAPI that is installed, whose commits have to be told when."""
        return Chosen({**self.row, "fastapi": MANIFEST.options["fastapi"].default})


@cache
def legal_rows() -> list[Row]:
    """Give every combination of choices that go together, on each database that it runs on."""
    return [
        {**options, "server": server}
        for options in combinations()
        for server in SERVERS[options["database"]]
    ]


@cache
def pairwise_choice() -> list[Chosen]:
    """Choose so that every two choices that go together are together somewhere.

    So every feature is there with and without every other one, on each database, in each wiring.
    """
    features = dict.fromkeys(FEATURES, ("no", "yes"))
    return [Chosen(row) for row in pairwise(legal_rows(), {**features, "names": tuple(NAMES)})]


@cache
def each_choice() -> list[Chosen]:
    """Choose of those so that every single choice is somewhere: first the default, then greedily."""
    left = pairwise_choice()
    few = [left[0]]
    missing = {choice for chosen in left for choice in chosen.row.items()} - few[0].row.items()

    def gain(chosen: Chosen) -> int:
        return len(missing & chosen.row.items())

    while missing:
        few.append(max(left, key=gain))
        missing -= few[-1].row.items()
    return few


@cache
def full_choice() -> list[Chosen]:
    """Choose all combinations, lean with short and whole with long names, and each feature alone.

    SQLModel's words are put over what is rendered, whatever that is, so that each two choices will
    do.
    """
    rows = [row for row in legal_rows() if row["models"] == "sqlalchemy"]
    both = [
        row
        for row in rows
        if row["database"] == "both" and row["server"] == "sqlite" and _is_plain(row)
    ]
    return [
        *(_chosen(row, (), "short") for row in rows),
        *(_chosen(row, FEATURES, "long") for row in rows),
        *(_chosen(row, [feature], "short") for row in both for feature in FEATURES),
        *(each for each in pairwise_choice() if each.row["models"] == "sqlmodel"),
    ]


def _is_plain(row: Row) -> bool:
    """Tell whether all but wiring and database are the default."""
    known = MANIFEST.options
    return all(
        row[name] == known[name].default
        for name in row.keys() & known.keys() - {"wiring", "database"}
    )


def _chosen(row: Row, features: Sequence[str], names: str) -> Chosen:
    present = {feature: "yes" if feature in features else "no" for feature in FEATURES}
    return Chosen({**row, **present, "names": names})
