"""Verifies the rules on each set of releases, and compares what is seen with their windows."""

import json
import os
import shutil
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from async_db.proving.environments import Environment, EnvironmentsError, Programs, find_uv
from async_db.proving.evidence import (
    EMPTY_CELL,
    SCHEMA_VERSION,
    Result,
    ServiceTests,
    pipe_table,
    shortened,
)
from async_db.proving.release_sets import (
    ORDER_RULE,
    RELEASE_SETS,
    CommitOrder,
    ReleaseSet,
    Tried,
    concerned,
    judge,
    judge_order,
    not_shown,
    pinned,
    unmet,
)
from async_db.proving.verification import Progress, Request, select_rules
from async_db.rules import Requirement, Rule, load_rules

_SCRIPTS = Path(__file__).resolve().parents[2]
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
                if verdict.says in ("does not apply", "disagrees"):
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


def verify_releases(
    request: Request,
    environments: Path | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    interrupted: Callable[[], bool] = lambda: False,
    sets: Sequence[ReleaseSet] = RELEASE_SETS,
) -> Matrix:
    """Verify rules on each set of releases, in an environment of its own.

    Args:
        request: which rules, and how.
        environments: where environments are kept and found again; None throws them away.
        progress: told how far it is, from the calling thread.
        interrupted: asked several times a second whether to give up.
        sets: which releases; the last ones are the newest.

    Raises:
        EnvironmentsError: an environment cannot be made, or a verification not be run in it.
        RequestError, CatalogueError: as `verify` does.
        Interrupted: `interrupted` said so; everything that was started has ended.
    """
    rules = select_rules(load_rules(request.root / "references"), request.rules)
    uv = find_uv()
    dependencies = _dependencies(request.root)
    with _folders(environments) as (base, work):
        runs = []
        for done, releases in enumerate(sets):
            shown = _Shown(progress, done, len(sets), releases.name)
            environment = Environment(base / releases.folder, Programs(interrupted, shown.waiting))
            run = _Run(request, rules, releases, environment, work, dependencies)
            runs.append(run.tried(uv, shown))
    tried, latest, page, folders = zip(*runs, strict=True)
    return Matrix(rules, tried, latest[-1], page[-1], tuple(filter(None, folders)))


def _dependencies(root: Path) -> list[str]:
    """Read what the pack depends on."""
    path = root / "pyproject.toml"
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        return list(map(str, project["dependencies"]))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise EnvironmentsError(f"{path}: names no dependencies to install: {error}") from error


@contextmanager
def _folders(environments: Path | None) -> Iterator[tuple[Path, Path]]:
    """Give a folder for environments and one for evidence; what was not asked for is removed."""
    work = Path(tempfile.mkdtemp(prefix=f"verify-releases-{os.getpid()}-")).resolve()
    try:
        yield (environments.resolve() if environments else work / "environments"), work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@dataclass
class _Shown:
    """Tells how far it is with one set of releases."""

    progress: Callable[[Progress], None]
    done: int
    total: int
    name: str
    doing: str = "installing"

    def waiting(self, seconds: float) -> None:
        doing = f"{self.name}: {self.doing}, {seconds:.0f} s"
        self.progress(Progress(self.done, self.total, doing))


@dataclass(frozen=True)
class _Run:
    """The part of a verification that takes place on one set of releases."""

    request: Request
    rules: tuple[Rule, ...]
    releases: ReleaseSet
    environment: Environment
    work: Path
    dependencies: list[str]

    def tried(self, uv: str, shown: _Shown) -> tuple[Tried, Mapping[str, Any], str, str]:
        """Try the rules; also give this set's evidence, its page and where its logs are."""
        began = time.monotonic()
        requirements = pinned(self.dependencies, self.releases.pins)
        installed = self.environment.install(uv, requirements)
        needs = unmet(self.dependencies, installed)
        shown.doing = "asking when it commits"
        order = self._order(installed)
        shown.doing = "proving and refuting"
        evidence, page, folder = self._verified(concerned(self.rules, needs))
        results = tuple(Result(**{"reason": None, **part}) for part in evidence["results"])
        tests = tuple(
            ServiceTests(**{"reason": None, **part}) for part in evidence["service_tests"]
        )
        verdicts = (
            judge(rule, installed, needs, [part for part in results if part.rule == rule.name])
            for rule in self.rules
        )
        tried = Tried(
            self.releases,
            evidence["releases"] or installed,
            needs,
            tuple(verdict for verdict in verdicts if verdict),
            results,
            tests,
            order,
            time.monotonic() - began,
        )
        return tried, evidence, page, folder

    def _order(self, installed: Mapping[str, str]) -> CommitOrder | None:
        rule = next((rule for rule in self.rules if rule.name == ORDER_RULE), None)
        if rule is None:
            return None
        done = self.environment.run("-m", "async_db.proving.commit_order_probe", folder=_SCRIPTS)
        if done.code:
            raise EnvironmentsError(f"{self.releases.name}: {done.last_line}")
        text = rule.path.read_text(encoding="utf-8")
        return judge_order(json.loads(done.out), rule, text, installed)

    def _verified(self, rules: Sequence[Rule]) -> tuple[dict[str, Any], str, str]:
        """Run `verify.py` by the environment's python, also outside of windows."""
        if not rules:
            return {"releases": {}, "results": [], "service_tests": []}, "", ""
        evidence = self.work / f"{self.releases.folder}.json"
        done = self.environment.run(*self._arguments(rules, evidence), folder=self.work)
        if done.code not in (0, 1):
            raise EnvironmentsError(f"{self.releases.name}: {done.last_line}")
        page = evidence.with_suffix(".html").read_text(encoding="utf-8")
        folder = f"{self.releases.name}: {done.last_line}" if self.request.keep else ""
        return json.loads(done.out), page, folder

    def _arguments(self, rules: Sequence[Rule], evidence: Path) -> list[str]:
        request = self.request
        arguments = [
            *(str(_SCRIPTS / "verify.py"), "--outside-windows", "--format", "json"),
            *("--root", str(request.root), "--evidence", str(evidence)),
            *("--wiring", request.wiring, "--jobs", str(request.jobs)),
            *("--timeout", str(request.timeout)),
            *(part for database in request.databases for part in ("--database", database)),
        ]
        if request.rules or len(rules) < len(self.rules):
            arguments += ["--rules", ",".join(rule.name for rule in rules)]
        return [*arguments, "--keep"] if request.keep else arguments
