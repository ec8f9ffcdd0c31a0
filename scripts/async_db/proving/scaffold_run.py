"""One scaffold on one database: its proofs, and each rule's counterexample."""

import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from async_db.proving.children.job import Job, Report
from async_db.proving.children.prover import Prover
from async_db.proving.evidence.results import Result, ServiceTests
from async_db.proving.evidence.two_runs import Pair
from async_db.proving.judging import (
    Proof,
    findings_in,
    findings_of,
    is_proof,
    judge_observation,
    judge_proof,
    judge_refutation,
    located,
    outside_window,
    recorded_in,
    stopped,
    told_by,
)
from async_db.proving.releases.sets import for_scaffold, scaffold_options
from async_db.proving.request import Request
from async_db.proving.scaffolds import Group, service_paths
from async_db.rules.catalogue import DATABASES, Rule
from async_db.rules.counterexamples import PatchError, apply_to_tree
from async_db.servers.postgres import PostgresError, ThrowawayPostgres


@dataclass(frozen=True)
class Refuted:
    """What came of a rule on one database, and what was recorded."""

    result: Result
    pair: Pair


@dataclass(frozen=True)
class Proved:
    """What the scaffold of one database showed; the proofs are in the order of its rules."""

    run: "ScaffoldRun"
    proofs: tuple[Proof, ...]
    service_tests: tuple[ServiceTests, ...]


Step = Proved | Refuted


class ScaffoldRun:
    """The part of a verification that takes place on one database, with one set of options."""

    _numbers = count(1)  # of databases on the one server

    def __init__(
        self,
        key: str,
        request: Request,
        group: Group,
        scaffold: Path,
        server: ThrowawayPostgres | str | None,
        prover: Prover,
        releases: Mapping[str, str],
    ) -> None:
        self.rules = group.rules
        self.label = f"{DATABASES[key]}{group}"
        self._key = key
        self._request = request
        self._scaffold = scaffold
        self._server = server
        self._prover = prover
        self._releases = releases
        self._tests_service = group.usual and not request.rules
        self._wiring = dict(group.options).get("wiring", request.wiring)

    def prove(self) -> Proved:
        """Run all proofs on the scaffold, and the service's own tests unless rules were chosen."""
        if self._key == "postgresql" and isinstance(self._server, str):
            return self._not_started(self._server)
        paths = service_paths(self._scaffold) if self._tests_service else []
        paths += [str(rule.proof) for rule in self.rules if (self._scaffold / rule.proof).is_file()]
        if not paths:
            return self._judged(Report(()))
        try:
            job = self._job(self._scaffold, paths)
        except PostgresError as error:
            return self._not_started(f"database could not be started: {error}")
        return self._judged(self._prover.run(job))

    def refute(self, rule: Rule, proof: Proof) -> Refuted:
        """Run a rule's proof under its counterexample, if the proof passes without it."""
        began = time.monotonic()
        project = self._scaffold.parents[1] / rule.topic / rule.slug / "project"
        reasons = [proof.reason] if proof.reason else []
        refuted: bool | None = None
        observed: bool | None = None
        outcome = None
        report: Report | None = None
        problem = None if proof.proved is None else self._apply(rule, project)
        if problem is None and proof.proved:
            try:
                job = self._job(project, [str(rule.proof)])
                report = self._prover.run(job)
                seen, problem = judge_refutation(rule, self._key, report)
                outcome = "; ".join(seen) or None
                refuted = problem is None
                observed = any(f.rule == rule.name for f in findings_of(report))
                problem = problem or judge_observation(rule, observed=observed)
            except PostgresError as error:
                problem = f"database could not be started: {error}"
        if problem is not None:
            reasons.append(problem)
        if not self._request.keep:
            shutil.rmtree(project.parent, ignore_errors=True)
        result = Result(
            rule=rule.name,
            wiring=self._wiring,
            database=self._key,
            proved=proof.proved,
            refuted=refuted,
            outcome=outcome,
            seconds=proof.seconds + time.monotonic() - began,
            reason="; ".join(reasons) or None,
            observed=observed,
        )
        broken = recorded_in(rule, report) if report else None
        found = tuple(f for f in findings_of(report) if f.rule == rule.name) if report else ()
        return Refuted(result, Pair(rule.name, self._key, proof.recorded, broken, found))

    def _apply(self, rule: Rule, project: Path) -> str | None:
        """Make a copy of the scaffold with the rule's counterexample; say why it cannot be."""
        try:
            patch = (self._request.root / rule.counterexample).read_text(encoding="utf-8")
        except FileNotFoundError:
            return "no counterexample"
        except (OSError, UnicodeDecodeError) as error:
            return f"no counterexample that can be read: {error}"
        shutil.copytree(self._scaffold, project, ignore=shutil.ignore_patterns("__pycache__"))
        try:
            apply_to_tree(for_scaffold(patch, scaffold_options(self._releases)), project)
        except (PatchError, OSError, UnicodeDecodeError) as error:
            return f"counterexample no longer applies: {error}"
        return None

    def _job(self, project: Path, paths: Iterable[str]) -> Job:
        scratch = project.parent / "run"
        scratch.mkdir(parents=True)
        if isinstance(self._server, ThrowawayPostgres) and self._key == "postgresql":
            database = f"run_{next(self._numbers)}"
            self._server.create_database(database)
            url = self._server.url(database)
        else:
            url = f"sqlite:///{(scratch / 'database.sqlite3').as_posix()}"
        scripts = Path(__file__).resolve().parents[2]
        return Job(project, tuple(paths), url, scratch, (scripts,), observed=True)

    def _judged(self, report: Report) -> Proved:
        proofs = tuple(self._judge(rule, report) for rule in self.rules)
        tests = (self._service_tests(report),) if self._tests_service else ()
        return Proved(self, proofs, tests)

    def _judge(self, rule: Rule, report: Report) -> Proof:
        outside = outside_window(rule, self._releases)
        if outside and not self._request.outside_windows:
            return Proof(None, outside)
        return replace(judge_proof(rule, report), recorded=recorded_in(rule, report))

    def _not_started(self, reason: str) -> Proved:
        proofs = (Proof(None, reason),) * len(self.rules)
        tests = ServiceTests(self._wiring, self._key, 0, 0, 0, 0.0, reason)
        return Proved(self, proofs, (tests,) if self._tests_service else ())

    def _service_tests(self, report: Report) -> ServiceTests:
        own = [outcome for outcome in report.outcomes if not is_proof(outcome)]
        failed = [outcome for outcome in own if outcome.status == "failed"]
        passed = sum(outcome.status == "passed" for outcome in own)
        reason = report.unusable or (report.problem and stopped(report))
        if failed:
            reason = f"{failed[0].test}: {told_by(failed[0])}"
        elif found := [finding for outcome in own for finding in findings_in(outcome)]:
            reason = f"observe reports {located(found[0])}"
        elif not reason and not passed:
            reason = "no test passed"
        return ServiceTests(
            wiring=self._wiring,
            database=self._key,
            passed=passed,
            failed=len(failed),
            skipped=len(own) - passed - len(failed),
            seconds=sum((outcome.seconds for outcome in own), 0.0),
            reason=reason,
        )
