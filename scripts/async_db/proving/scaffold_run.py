"""What takes place on one scaffold: its proofs, and each rule's counterexample."""

import shutil
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path

from async_db.findings import Finding
from async_db.proving.audited import told_of_counterexample, told_of_scaffold
from async_db.proving.children.job import Job, Report
from async_db.proving.children.prover import Prover
from async_db.proving.evidence.results import Result, ServiceTests
from async_db.proving.evidence.two_runs import Pair
from async_db.proving.groups import MODELS, Group
from async_db.proving.judging import (
    Proof,
    findings_of,
    judge_observation,
    judge_proof,
    judge_refutation,
    judge_service_tests,
    outside_window,
    recorded_in,
)
from async_db.proving.releases.sets import for_scaffold, scaffold_options
from async_db.proving.request import Request
from async_db.proving.scaffolds import PROOFS, copy_patched, service_paths
from async_db.rules import DATABASES, PatchError, Rule
from async_db.servers import PostgresError, ThrowawayPostgres


@dataclass(frozen=True)
class Refuted:
    """What came of a rule on one scaffold, and what was recorded; no pair where it is refuted on
    another wiring."""

    result: Result
    pair: Pair | None


@dataclass(frozen=True)
class Proved:
    """What a scaffold showed by itself; the proofs are in the order of its rules."""

    run: "ScaffoldRun"
    proofs: tuple[Proof, ...]
    service_tests: tuple[ServiceTests, ...]


Step = Proved | Refuted


@dataclass(frozen=True)
class _Seen:
    """What was seen under a counterexample; None stands for what was not tried."""

    refuted: bool | None = None
    observed: bool | None = None
    audited: bool | None = None
    outcomes: tuple[str, ...] = ()
    problem: str | None = None
    report: Report | None = None

    def findings(self, rule: Rule) -> tuple[Finding, ...]:
        """Give those of the rule that was broken."""
        found = findings_of(self.report) if self.report else []
        return tuple(finding for finding in found if finding.rule == rule.name)


class ScaffoldRun:
    """The part of a verification that takes place on one scaffold."""

    _numbers = count(1)  # of databases on the one server

    def __init__(
        self,
        request: Request,
        group: Group,
        scaffold: Future[Path],
        server: ThrowawayPostgres | str | None,
        prover: Prover,
        releases: Mapping[str, str],
    ) -> None:
        self.rules = group.rules
        self.label = f"{DATABASES[group.database]}{group}"
        self._group = group
        self._request = request
        self._rendering = scaffold
        self._server = server
        self._prover = prover
        self._releases = releases
        self._told: tuple[str, str] | None = None  # of the scaffold, by the audit

    @property
    def _scaffold(self) -> Path:
        """Where it is, once it is rendered."""
        return self._rendering.result()

    def prove(self) -> Proved:
        """Run all proofs on the scaffold, and the service's own tests if that is wanted here."""
        if self._group.database == "postgresql" and isinstance(self._server, str):
            return self._not_started(self._server)
        paths = service_paths(self._scaffold) if self._group.tested else []
        paths += [str(rule.proof) for rule in self.rules if (self._scaffold / rule.proof).is_file()]
        if not paths:
            return self._judged(Report(()))
        try:
            job = self._job(self._scaffold, paths)
        except PostgresError as error:
            return self._not_started(f"database could not be started: {error}")
        self._told = None if self._request.outside_windows else told_of_scaffold(self._scaffold)
        return self._judged(self._prover.run(job))

    def refute(self, rule: Rule, proof: Proof) -> Refuted:
        """Run a rule's proof under its counterexample, if the proof passes without it.

        Where the counterexample is for another wiring, nothing is run.
        """
        result = Result(
            rule=rule.name,
            wiring=self._group.wiring,
            database=self._group.database,
            proved=proof.proved,
            refuted=None,
            outcome=None,
            seconds=proof.seconds,
            reason=proof.reason,
            refuted_on=self._group.elsewhere(rule),
            not_run=proof.not_run,
        )
        if result.refuted_on:
            return Refuted(result, None)
        began = time.monotonic()
        project = self._scaffold.parents[1] / rule.topic / rule.slug / "project"
        try:
            seen = self._seen(rule, proof, project)
        finally:
            if not self._request.keep:
                shutil.rmtree(project.parent, ignore_errors=True)
        reasons = [reason for reason in (proof.reason, seen.problem) if reason]
        result = replace(
            result,
            refuted=seen.refuted,
            outcome="; ".join(seen.outcomes) or None,
            seconds=proof.seconds + time.monotonic() - began,
            reason="; ".join(reasons) or None,
            observed=seen.observed,
            audited=seen.audited,
        )
        broken = recorded_in(rule, seen.report) if seen.report else None
        pair = Pair(rule.name, self._group.database, proof.recorded, broken, seen.findings(rule))
        return Refuted(result, pair)

    def _seen(self, rule: Rule, proof: Proof, project: Path) -> "_Seen":
        """Apply the counterexample, and run the proof under it if that can say anything."""
        if proof.proved is None:
            return _Seen()
        problem = self._apply(rule, project)
        if problem is not None or not proof.proved:
            return _Seen(problem=problem)
        try:
            job = self._job(project, [str(rule.proof)])
        except PostgresError as error:
            return _Seen(problem=f"database could not be started: {error}")
        report = self._prover.run(job)
        outcomes, problem = judge_refutation(rule, self._group.database, report)
        observed = any(finding.rule == rule.name for finding in findings_of(report))
        audited, missed = self._audited(rule, project)
        told = problem or judge_observation(rule, observed=observed) or missed
        return _Seen(problem is None, observed, audited, outcomes, told, report)

    def _audited(self, rule: Rule, project: Path) -> tuple[bool | None, str | None]:
        """Ask the audit, whose advice fits releases, where the rule holds for those."""
        if self._request.outside_windows:
            return None, None
        return told_of_counterexample(rule, project)

    def _counterexample(self, rule: Rule) -> Path:
        """Where the counterexample is: that of the scaffold's models, if they have their own."""
        models = dict(self._group.options).get(MODELS, "")
        own = self._request.root / rule.counterexample_on(models)
        return own if models and own.is_file() else self._request.root / rule.counterexample

    def _apply(self, rule: Rule, project: Path) -> str | None:
        """Make a copy of the scaffold with the rule's counterexample; say why it cannot be."""
        try:
            patch = self._counterexample(rule).read_text(encoding="utf-8")
        except FileNotFoundError:
            return "no counterexample"
        except (OSError, UnicodeDecodeError) as error:
            return f"no counterexample that can be read: {error}"
        patch = for_scaffold(patch, scaffold_options(self._releases))
        try:
            copy_patched(self._scaffold, project, patch, partial(_not_needed, rule))
        except (PatchError, OSError, UnicodeDecodeError) as error:
            return f"counterexample no longer applies: {error}"
        return None

    def _job(self, project: Path, paths: Iterable[str]) -> Job:
        scratch = project.parent / "run"
        scratch.mkdir(parents=True)
        if isinstance(self._server, ThrowawayPostgres) and self._group.database == "postgresql":
            database = f"run_{next(self._numbers)}"
            self._server.create_database(database)
            url = self._server.url(database)
        else:
            url = f"sqlite:///{(scratch / 'database.sqlite3').as_posix()}"
        scripts = Path(__file__).resolve().parents[2]
        return Job(project, tuple(paths), url, scratch, (scripts,), observed=True)

    def _judged(self, report: Report) -> Proved:
        proofs = tuple(self._judge(rule, report) for rule in self.rules)
        tests = (self._service_tests(report),) if self._group.tested else ()
        return Proved(self, proofs, tests)

    def _judge(self, rule: Rule, report: Report) -> Proof:
        outside = outside_window(rule, self._releases)
        if outside and not self._request.outside_windows:
            return Proof(None, outside)
        proof = judge_proof(rule, report)
        if proof.proved and self._told and rule.name == self._blamed(self._told[0]):
            proof = replace(proof, proved=False, reason=self._told[1])
        return replace(proof, recorded=recorded_in(rule, report))

    def _blamed(self, name: str) -> str:
        """Give the rule under which it is told that the scaffold breaks one: its own, or any."""
        names = [rule.name for rule in self.rules]
        return name if name in names else names[0]

    def _not_started(self, reason: str) -> Proved:
        proofs = (Proof(None, reason),) * len(self.rules)
        tests = ServiceTests(self._group.wiring, self._group.database, 0, 0, 0, 0.0, reason)
        return Proved(self, proofs, (tests,) if self._group.tested else ())

    def _service_tests(self, report: Report) -> ServiceTests:
        tests = judge_service_tests(self._group.wiring, self._group.database, report)
        return replace(tests, reason=self._told[1]) if tests.good and self._told else tests


def _not_needed(rule: Rule, folder: str, names: list[str]) -> set[str]:
    """Give what a rule's own copy of a scaffold goes without: what other topics prove."""
    here = Path(folder)
    others = {
        name
        for name in names
        if here.match(f"*/{PROOFS}") and (here / name).is_dir() and name != rule.topic
    }
    return others | {"__pycache__"}
