"""Verifies the rules on each set of releases, in an environment of its own."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from async_db.proving.evidence.results import Result, ServiceTests
from async_db.proving.releases.commit_order import ORDER_RULE, CommitOrder, judge_order
from async_db.proving.releases.environments import Environment, EnvironmentsError, Programs, find_uv
from async_db.proving.releases.matrix import Matrix
from async_db.proving.releases.needed import needed_to_verify
from async_db.proving.releases.sets import RELEASE_SETS, ReleaseSet, pinned, unmet
from async_db.proving.releases.verdicts import Tried, concerned, judge
from async_db.proving.request import Progress, Request, select_rules
from async_db.rules import Rule, load_rules

_SCRIPTS = Path(__file__).resolve().parents[3]


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
    rules = select_rules(load_rules(request.root), request.rules)
    uv = find_uv()
    dependencies = needed_to_verify(request.root)
    with _folders(environments) as (base, work):
        runs = []
        for done, releases in enumerate(sets):
            shown = _Shown(progress, done, len(sets), releases.name)
            environment = Environment(base / releases.folder, Programs(interrupted, shown.waiting))
            run = _Run(request, rules, releases, environment, work, dependencies)
            runs.append(run.tried(uv, shown))
    tried, latest, page, folders = zip(*runs, strict=True)
    return Matrix(rules, tried, latest[-1], page[-1], tuple(filter(None, folders)))


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
        done = self.environment.run(
            "-m", "async_db.proving.releases.commit_order_probe", folder=_SCRIPTS
        )
        if done.code:
            raise EnvironmentsError(f"{self.releases.name}: {done.last_line}")
        return judge_order(json.loads(done.out), rule, installed)

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
            *("--jobs", str(request.jobs), "--timeout", str(request.timeout)),
            *(part for wiring in request.wirings for part in ("--wiring", wiring)),
            *(part for database in request.databases for part in ("--database", database)),
        ]
        if request.rules or len(rules) < len(self.rules):
            arguments += ["--rules", ",".join(rule.name for rule in rules)]
        return [*arguments, "--keep"] if request.keep else arguments
