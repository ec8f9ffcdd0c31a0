"""One verification: render the scaffold, prove every rule on it, and refute every rule without it.

On each database the scaffold's own tests and all proofs run once. Then each rule's counterexample
is applied to a copy of the scaffold, on which the rule's proof must fail as its text states.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath

from async_db.findings import Finding
from async_db.proving.children import Interrupted, Job, Outcome, Prover, Report
from async_db.proving.evidence import Evidence, Result, ServiceTests, installed_releases
from async_db.proving.evidence_page import Pair, evidence_page
from async_db.proving.release_sets import for_scaffold, scaffold_options
from async_db.rules import DATABASES, PatchError, Rule, apply_to_tree, load_rules
from async_db.scaffold.rendering import render_project
from async_db.servers import PostgresError, ThrowawayPostgres, throwaway_postgres
from async_db.traces import Recording

PROOFS = PurePosixPath("tests/proofs")
NOT_RUN = "not run:"
"""How a proof's reason to be skipped begins where this machine lacks what it needs."""

_MESSAGE_WIDTH = 400
_POLL_SECONDS = 0.1


class RequestError(Exception):
    """What was asked for cannot be done; the message is one line."""


@dataclass(frozen=True)
class Request:
    """What to verify, and how."""

    root: Path
    """The folder of the pack, with `references/`, `templates/` and `tests/`."""
    rules: tuple[str, ...] = ()
    """Patterns of rule names; none stand for all rules, and for the service's own tests too."""
    databases: tuple[str, ...] = tuple(DATABASES)
    wiring: str = "depends"
    jobs: int = 1
    timeout: float = 60.0
    """The seconds for which a run may go without finishing a test."""
    keep: bool = False
    """Whether the rendered projects and logs stay."""
    outside_windows: bool = False
    """Whether rules are tried on releases that they do not claim to hold for."""


@dataclass(frozen=True)
class Progress:
    """How far a verification has come."""

    done: int
    total: int
    doing: str


@dataclass(frozen=True)
class Verified:
    """What a verification leaves: its evidence and, if asked for, its work folder."""

    evidence: Evidence
    pairs: tuple[Pair, ...]
    """What was recorded of each rule's proof, without and with the counterexample."""
    rules: tuple[Rule, ...]
    root: Path
    folder: Path | None

    def page(self) -> str:
        """Give the evidence as a page of HTML, with the recorded requests drawn."""
        diffs = {rule.name: _diff(self.root / rule.counterexample) for rule in self.rules}
        return evidence_page(self.evidence, self.rules, self.pairs, diffs)


def _diff(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""  # the evidence says what is wrong with it


def select_rules(rules: Sequence[Rule], patterns: Sequence[str]) -> tuple[Rule, ...]:
    """Choose the rules whose names match one of the patterns, or all if there are none.

    Raises:
        RequestError: a pattern matches no rule.
    """
    for pattern in patterns:
        if not any(fnmatchcase(rule.name, pattern) for rule in rules):
            raise RequestError(f"--rules {pattern}: no rule has a name like this")
    return tuple(
        rule
        for rule in rules
        if not patterns or any(fnmatchcase(rule.name, pattern) for pattern in patterns)
    )


def verify(
    request: Request,
    progress: Callable[[Progress], None] = lambda _: None,
    interrupted: Callable[[], bool] = lambda: False,
) -> Verified:
    """Prove and refute rules.

    Args:
        request: which, and how.
        progress: told how far it is, from the calling thread.
        interrupted: asked several times a second whether to give up.

    Raises:
        RequestError: a pattern matches nothing.
        CatalogueError, ManifestError, OptionError, TemplateError: the pack itself is malformed.
        ProvingError: no child process can be started here.
        Interrupted: `interrupted` said so; everything that was started has ended.
    """
    rules = select_rules(load_rules(request.root / "references"), request.rules)
    with ExitStack() as stack:
        work = stack.enter_context(_work_folder(keep=request.keep))
        prover = Prover(request.timeout, interrupted)
        pool = stack.enter_context(ThreadPoolExecutor(max(1, request.jobs)))
        groups = [(key, group) for key in request.databases for group in _groups(rules, key)]
        rendering = pool.submit(_scaffolds, request, groups, work)
        progress(Progress(0, 0, "rendering the scaffold, starting the databases"))
        server = _server(stack, request.databases)
        scaffolds = rendering.result()
        version = server.version if isinstance(server, ThrowawayPostgres) else None
        releases = installed_releases(version)
        runs = [
            _Database(key, request, group, scaffold, server, prover, releases)
            for (key, group), scaffold in zip(groups, scaffolds, strict=True)
        ]
        refuted, tests = _run_all(runs, pool, progress, interrupted)
        order = {rule.name: index for index, rule in enumerate(rules)}
        columns = {key: index for index, key in enumerate(request.databases)}
        refuted.sort(key=lambda step: (order[step.result.rule], columns[step.result.database]))
        tests.sort(key=lambda part: columns[part.database])
        evidence = Evidence(releases, tuple(step.result for step in refuted), tuple(tests))
        pairs = tuple(step.pair for step in refuted)
        return Verified(evidence, pairs, rules, request.root, work if request.keep else None)


@contextmanager
def _work_folder(*, keep: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"verify-work-{os.getpid()}-")).resolve()
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _server(stack: ExitStack, databases: Sequence[str]) -> ThrowawayPostgres | str | None:
    """Start the server if it is needed; give the reason if it cannot be."""
    if "postgresql" not in databases:
        return None
    try:
        return stack.enter_context(throwaway_postgres())
    except PostgresError as error:
        return f"database could not be started: {error}"


@dataclass(frozen=True)
class _Group:
    """Rules that share a scaffold, and the options that it is rendered with."""

    options: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...]

    @property
    def usual(self) -> bool:
        """Whether this is the scaffold with default options, whose own tests are run too."""
        return not self.options

    def __str__(self) -> str:
        return "".join(f" {name}={value}" for name, value in self.options)


def _groups(rules: Sequence[Rule], database: str) -> list[_Group]:
    """Group the rules that hold on a database by their options; those without any come first."""
    groups: dict[tuple[tuple[str, str], ...], list[Rule]] = {(): []}
    for rule in rules:
        if database in rule.databases:
            groups.setdefault(tuple(sorted(rule.options.items())), []).append(rule)
    return [_Group(options, tuple(members)) for options, members in groups.items()]


def _scaffolds(request: Request, groups: Sequence[tuple[str, _Group]], work: Path) -> list[Path]:
    """Render the scaffolds, one after the other: ruff is not found by threads."""
    return [_scaffold(request, work, database, group) for database, group in groups]


def _scaffold(request: Request, work: Path, database: str, group: _Group) -> Path:
    """Render the scaffold for a database, with the pack's proofs among its tests."""
    project = work / database / f"scaffold{group}".replace(" ", "-") / "project"
    installed = scaffold_options(installed_releases(None))
    options = {"database": database, **installed, **dict(group.options)}
    tree = render_project(request.root / "templates", options)
    for path, text in tree.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, encoding="utf-8", newline="")
    proofs = request.root / PROOFS
    if proofs.is_dir():
        shutil.copytree(proofs, project / PROOFS, ignore=shutil.ignore_patterns("__pycache__"))
    return project


def _run_all(
    runs: Sequence["_Database"],
    pool: ThreadPoolExecutor,
    progress: Callable[[Progress], None],
    interrupted: Callable[[], bool],
) -> tuple[list["_Refuted"], list[ServiceTests]]:
    """Run the scaffolds, and each one's counterexamples as soon as its proofs are known."""
    refuted: list[_Refuted] = []
    tests: list[ServiceTests] = []
    waiting: dict[Future[_Step], str] = {}

    def submit(label: str, step: Callable[[], _Step]) -> None:
        waiting[pool.submit(step)] = label

    try:
        for run in runs:
            submit(f"proofs on {run.label}", run.prove)
        total = sum(1 + len(run.rules) for run in runs)
        while waiting:
            if interrupted():
                raise Interrupted
            finished, _ = wait(waiting, _POLL_SECONDS, FIRST_COMPLETED)
            for future in finished:
                label = waiting.pop(future)
                match future.result():
                    case _Refuted() as step:
                        refuted.append(step)
                    case _Proved(run, proofs, service_tests):
                        tests += service_tests
                        for rule, proof in zip(run.rules, proofs, strict=True):
                            name = f"{rule.name} on {run.label}"
                            submit(name, partial(run.refute, rule, proof))
                progress(Progress(total - len(waiting), total, label))
    finally:
        # Children end before the server that they are connected to.
        pool.shutdown(cancel_futures=True)
    return refuted, tests


@dataclass(frozen=True)
class Proof:
    """Whether a rule's proof passes; `reason` says why it does not or was not tried."""

    proved: bool | None
    reason: str | None
    seconds: float = 0.0
    recorded: Recording | None = None


@dataclass(frozen=True)
class _Refuted:
    """What came of a rule on one database, and what was recorded."""

    result: Result
    pair: Pair


@dataclass(frozen=True)
class _Proved:
    """What the scaffold of one database showed; the proofs are in the order of its rules."""

    run: "_Database"
    proofs: tuple[Proof, ...]
    service_tests: tuple[ServiceTests, ...]


_Step = _Proved | _Refuted


class _Database:
    """The part of a verification that takes place on one database, with one set of options."""

    _numbers = count(1)  # of databases on the one server

    def __init__(
        self,
        key: str,
        request: Request,
        group: _Group,
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

    def prove(self) -> _Proved:
        """Run all proofs on the scaffold, and the service's own tests unless rules were chosen."""
        if self._key == "postgresql" and isinstance(self._server, str):
            return self._not_started(self._server)
        paths = _service_paths(self._scaffold) if self._tests_service else []
        paths += [str(rule.proof) for rule in self.rules if (self._scaffold / rule.proof).is_file()]
        if not paths:
            return self._judged(Report(()))
        try:
            job = self._job(self._scaffold, paths)
        except PostgresError as error:
            return self._not_started(f"database could not be started: {error}")
        return self._judged(self._prover.run(job))

    def refute(self, rule: Rule, proof: Proof) -> _Refuted:
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
        return _Refuted(result, Pair(rule.name, self._key, proof.recorded, broken, found))

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

    def _judged(self, report: Report) -> _Proved:
        proofs = tuple(self._judge(rule, report) for rule in self.rules)
        tests = (self._service_tests(report),) if self._tests_service else ()
        return _Proved(self, proofs, tests)

    def _judge(self, rule: Rule, report: Report) -> Proof:
        outside = outside_window(rule, self._releases)
        if outside and not self._request.outside_windows:
            return Proof(None, outside)
        return replace(judge_proof(rule, report), recorded=recorded_in(rule, report))

    def _not_started(self, reason: str) -> _Proved:
        proofs = (Proof(None, reason),) * len(self.rules)
        tests = ServiceTests(self._wiring, self._key, 0, 0, 0, 0.0, reason)
        return _Proved(self, proofs, (tests,) if self._tests_service else ())

    def _service_tests(self, report: Report) -> ServiceTests:
        own = [outcome for outcome in report.outcomes if not _is_proof(outcome)]
        failed = [outcome for outcome in own if outcome.status == "failed"]
        passed = sum(outcome.status == "passed" for outcome in own)
        reason = report.unusable or (report.problem and _stopped(report))
        if failed:
            reason = f"{failed[0].test}: {_told(failed[0])}"
        elif found := [finding for outcome in own for finding in _findings_of(outcome)]:
            reason = f"observe reports {_located(found[0])}"
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


def outside_window(rule: Rule, releases: Mapping[str, str]) -> str | None:
    """Say which of the releases a rule does not hold for, if any; unlisted projects pass."""
    for requirement in rule.window:
        version = releases.get(requirement.distribution)
        if version is not None and not requirement.holds(version):
            return f"outside its window: {requirement.project} {version} is not {requirement}"
    return None


def judge_proof(rule: Rule, report: Report) -> Proof:
    """Judge a rule by a run on the scaffold: it has tests there, and all of them passed."""
    own = _tests_of(rule, report)
    seconds = sum((outcome.seconds for outcome in own), 0.0)
    for finding in (finding for outcome in own for finding in _findings_of(outcome)):
        # A proof may do in a route of its own what the scaffold must not.
        if finding.rule == rule.name and not finding.path.startswith(f"{PROOFS}/"):
            return Proof(False, f"observe reports the scaffold: {_located(finding)}", seconds)
    for outcome in own:
        if outcome.status == "failed":
            return Proof(False, f"proof failed: {_told(outcome)}", seconds)
    for outcome in own:
        if outcome.status == "skipped":
            if NOT_RUN in (told := _told(outcome)):
                return Proof(None, told.removeprefix("Skipped: "), seconds)
            return Proof(False, f"proof skipped: {told}", seconds)
    if report.unusable:
        return Proof(False, f"proof failed: {_one_line(report.unusable)}", seconds)
    running = report.running
    if report.problem and running and rule.name in running.rules:
        return Proof(False, report.problem, seconds)
    # Files run one after the other: what came before the file that was cut off is complete.
    elsewhere = own and running and not running.test.startswith(f"{rule.proof}::")
    if report.problem and not elsewhere:
        return Proof(None, f"not tried to the end: {_stopped(report)}", seconds)
    if not own:
        return Proof(False, "no proof", seconds)
    return Proof(True, None, seconds)


def judge_refutation(
    rule: Rule, database: str, report: Report
) -> tuple[tuple[str, ...], str | None]:
    """Judge a rule by a run of its proof under its counterexample.

    Returns:
        The stated outcomes that were seen, and what is wrong or None: all tests of the rule must
        have failed, each with a stated outcome, and each stated outcome must have been seen.
    """
    stated = rule.outcomes_on(database)
    if report.problem:
        return (), report.problem
    own = _tests_of(rule, report)
    told = [outcome.messages for outcome in own if outcome.status == "failed"]
    if report.unusable:
        told.append((report.unusable,))
    seen = tuple(text for text in stated if any(_shows(text, messages) for messages in told))
    passing = [outcome.test for outcome in own if outcome.status == "passed"]
    if passing:
        tests = f" ({len(passing)} of {len(own)} tests)" if told else ""
        return seen, f"proof still passes under its counterexample{tests}"
    if not told:
        return seen, "no test of the proof was run under its counterexample"
    for messages in told:
        if not any(_shows(text, messages) for text in stated):
            wanted = "” or “".join(stated)
            said = _one_line(messages[0] if messages else "")
            return seen, f"fails, but with “{said}” instead of the stated outcome “{wanted}”"
    for text in stated:
        if text not in seen:
            return seen, f"fails, but never with the stated outcome “{text}”"
    return seen, None


def judge_observation(rule: Rule, *, observed: bool) -> str | None:
    """Say what is wrong, if the text claims of `observe` what a run under it did not show."""
    if observed and not rule.observed:
        return "observe reports the counterexample, which the text does not say"
    if rule.observed and not observed:
        return "observe does not report the counterexample"
    return None


def findings_of(report: Report) -> list[Finding]:
    """Give what `observe` reports of a run, also of what came after its last test."""
    recordings = [outcome.recording for outcome in report.outcomes] + [report.afterwards]
    return [finding for recording in recordings if recording for finding in recording.findings]


def recorded_in(rule: Rule, report: Report) -> Recording:
    """Give what a rule's proof did to the database in a run."""
    recordings = [outcome.recording for outcome in _tests_of(rule, report) if outcome.recording]
    return Recording(
        tuple(request for recording in recordings for request in recording.requests),
        tuple(event for recording in recordings for event in recording.outside),
    )


def _findings_of(outcome: Outcome) -> tuple[Finding, ...]:
    return outcome.recording.findings if outcome.recording else ()


def _located(finding: Finding) -> str:
    return f"{finding.rule} at {finding.path}:{finding.line}: {finding.message}"


def _tests_of(rule: Rule, report: Report) -> list[Outcome]:
    """Give the outcomes that concern a rule: by their marks, or by the file they come from."""
    return [
        outcome
        for outcome in report.outcomes
        if rule.name in outcome.rules or outcome.test == str(rule.proof)
    ]


def _shows(text: str, messages: Iterable[str]) -> bool:
    wanted = " ".join(text.split())
    return any(wanted in " ".join(message.split()) for message in messages)


def _is_proof(outcome: Outcome) -> bool:
    return outcome.test.startswith(f"{PROOFS}/")


def _stopped(report: Report) -> str:
    where = f" in {report.running.test}" if report.running else ""
    return f"{report.problem}{where}"


def _told(outcome: Outcome) -> str:
    return _one_line(outcome.messages[0] if outcome.messages else "no message")


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MESSAGE_WIDTH else line[:_MESSAGE_WIDTH].rstrip() + "…"


def _service_paths(project: Path) -> list[str]:
    """Give the service's own tests: what is in `tests/` besides the proofs."""
    tests = project / "tests"
    return [
        path.relative_to(project).as_posix()
        for path in sorted(tests.iterdir() if tests.is_dir() else ())
        if path.name != PROOFS.name and (path.is_dir() or path.match("test_*.py"))
    ]
