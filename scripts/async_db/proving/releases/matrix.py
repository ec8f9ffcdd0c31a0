"""What all sets of releases showed, as a table and as JSON."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from async_db.proving.evidence.markdown import EMPTY_CELL, pipe_table, shortened
from async_db.proving.evidence.results import SCHEMA_VERSION
from async_db.proving.releases.commit_order import CommitOrder
from async_db.proving.releases.verdicts import Tried, not_shown
from async_db.rules import Requirement, Rule

_REASON_WIDTH = 300
_MANY = 3
"""How many rules that are alike have rows of their own."""


@dataclass(frozen=True)
class Matrix:
    """What a verification on all sets of releases found."""

    rules: tuple[Rule, ...]
    tried: tuple[Tried, ...]
    latest: Mapping[str, Any]
    """The evidence of the newest releases, as that set's run wrote it."""
    page: str
    """The page of the same run."""
    folders: tuple[str, ...] = ()
    """Where projects and logs were kept."""

    @property
    def good(self) -> bool:
        """Say whether each window is what was seen."""
        return all(part.agrees for part in self.tried) and not self._not_shown()

    @property
    def complete(self) -> bool:
        """Say whether everything could be run."""
        return not any(result.not_run for part in self.tried for result in part.results)

    def to_json(self) -> str:
        """Give the newest releases' evidence with the matrix in it."""
        content = {
            **self.latest,
            "schema_version": SCHEMA_VERSION,
            "matrix": [self._content(part) for part in self.tried],
            "matrix_not_shown": self._not_shown(),
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def _content(self, tried: Tried) -> dict[str, Any]:
        order = tried.order
        return {
            "name": tried.releases.name,
            "releases": dict(tried.installed),
            "needs": [str(need) for need in tried.needs],
            "agrees": tried.agrees,
            "rules": [asdict(verdict) for verdict in tried.verdicts],
            "commit_order": order and {**asdict(order), "agrees": order.agrees},
            "results": [asdict(result) for result in tried.results],
            "service_tests": [asdict(tests) for tests in tried.service_tests],
            "seconds": round(tried.seconds, 1),
        }

    def to_table(self) -> str:
        """Give a Markdown table, with a column for each set of releases.

        A rule has a row of its own, unless it holds for any release and many more are alike.
        """
        rows = self._rule_rows()
        if any(part.service_tests for part in self.tried):
            rows.append(["the service's own tests", "", *map(_tests_cell, self.tried)])
        if any(part.order for part in self.tried):
            rows.append(["default scope", "", *(_order_cell(part.order) for part in self.tried)])
            rows.append(["function scope", "", *(_scope_cell(part.order) for part in self.tried)])
        header = ["rule", "window", *map(_column, self.tried)]
        return pipe_table([header, *rows]) + "\n" + "".join(f"- {line}\n" for line in self._notes())

    def _rule_rows(self) -> list[list[str]]:
        columns = [{verdict.rule: verdict.says for verdict in part.verdicts} for part in self.tried]
        cells = {
            rule: tuple(column.get(rule.name, EMPTY_CELL) for column in columns)
            for rule in self.rules
        }
        alike = Counter(cells[rule] for rule in self.rules if not rule.window)
        many = {row: number for row, number in alike.items() if number > _MANY}
        own = [rule for rule in self.rules if rule.window or cells[rule] not in many]
        return [
            *([rule.name, _window(rule), *cells[rule]] for rule in own),
            *([f"{number} other rules", "any release", *row] for row, number in many.items()),
        ]

    def _notes(self) -> Iterator[str]:
        """Say what a column leaves open, and what is wrong."""
        if self.tried:
            names = ("fastapi", "starlette", "sqlalchemy", "asyncpg", "httpx", "pytest-asyncio")
            newest = self.tried[-1].installed
            listed = ", ".join(f"{name} {newest[name]}" for name in names if name in newest)
            yield f"latest, and what a column does not name: {listed}"
        for part in self.tried:
            name = _column(part)
            if part.needs:
                needs = "; ".join(map(str, part.needs))
                yield f"{name}: the service cannot run, it needs {needs}"
            for verdict in part.verdicts:
                if verdict.says in ("does not apply", "not run", "disagrees"):
                    reason = shortened(verdict.reason or "", _REASON_WIDTH)
                    yield f"{name}: {verdict.rule} {verdict.says}: {reason}"
            for tests in part.service_tests:
                if not tests.good:
                    reason = shortened(tests.reason or "", _REASON_WIDTH)
                    yield f"{name}: the service's own tests on {tests.database}: {reason}"
            if part.order and not part.order.agrees:
                yield f"{name}: the text says {_stated(part.order)}"
        yield from self._not_shown()

    def _not_shown(self) -> list[str]:
        return not_shown(self.rules, self.tried)


def _window(rule: Rule) -> str:
    return "; ".join(map(str, rule.window)) or "any release"


def _column(tried: Tried) -> str:
    """Name a set of releases by what is installed of the project that it is about."""
    project = tried.releases.project
    if project is None:
        return "latest"
    distribution = Requirement(project, ()).distribution
    return f"{project} {tried.installed.get(distribution, tried.releases.version)}"


def _tests_cell(tried: Tried) -> str:
    if not tried.service_tests:
        return EMPTY_CELL
    return "passed" if all(tests.good for tests in tried.service_tests) else "failed"


def _order_cell(order: CommitOrder | None) -> str:
    return EMPTY_CELL if order is None else order.default


def _scope_cell(order: CommitOrder | None) -> str:
    return EMPTY_CELL if order is None else order.function or "no such scope"


def _stated(order: CommitOrder) -> str:
    function = "commit, then response" if order.scoped else "no such scope"
    return f"“{order.stated or 'nothing'}” of the default scope, “{function}” of the function scope"
