"""Few rows in which every two choices that go together are together."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

Row = dict[str, str]
Choice = tuple[str, str]


def pairwise(legal: Sequence[Row], free: Mapping[str, Sequence[str]]) -> list[Row]:
    """Choose rows, each of a legal one and a value of every free factor, that hold all pairs.

    The next row is one with the first pair that no row has yet, and with as many more as can be
    found greedily; so the rows are the same each time.

    Args:
        legal: every row of the factors that depend on each other; all have the same factors.
        free: the values of factors that go with everything.
    """
    missing = dict.fromkeys(_all_pairs(legal, free))
    rows = []
    while missing:
        rows.append(_next_row(legal, free, missing))
        for pair in pairs(rows[-1]):
            missing.pop(pair, None)
    return rows


def pairs(row: Row) -> Iterator[frozenset[Choice]]:
    """Give every two choices of a row."""
    yield from map(frozenset, combinations(row.items(), 2))


def _all_pairs(
    legal: Sequence[Row], free: Mapping[str, Sequence[str]]
) -> Iterator[frozenset[Choice]]:
    choices = dict.fromkeys(choice for row in legal for choice in row.items())
    factors = [[(name, value) for value in values] for name, values in free.items()]
    for row in legal:
        yield from pairs(row)
    for own in factors:
        for choice in own:
            yield from (frozenset((choice, other)) for other in choices)
        choices |= dict.fromkeys(own)


def _next_row(
    legal: Sequence[Row],
    free: Mapping[str, Sequence[str]],
    missing: Mapping[frozenset[Choice], None],
) -> Row:
    wanted = dict(next(iter(missing)))

    def gain(row: Row) -> int:
        return sum(pair in missing for pair in pairs(row))

    given = {name: value for name, value in wanted.items() if name in free}
    fitting = [row for row in legal if (wanted | row) == (row | wanted)]
    best = max(({**row, **given} for row in fitting), key=gain)
    for name, values in free.items():
        if name not in given:
            best = max(({**best, name: value} for value in values), key=gain)
    return {name: best[name] for name in (*fitting[0], *free)}
