"""One verification: render the scaffold, prove every rule on it, and refute every rule without it.

On each wiring and database the scaffold's own tests and all proofs run once. Then each rule's
counterexample is applied to a copy of the scaffold, on which the rule's proof must fail as its
text states.
"""

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from async_db.proving.children.prover import Interrupted, Prover
from async_db.proving.evidence.faults import Faults
from async_db.proving.evidence.page import evidence_page
from async_db.proving.evidence.results import Evidence, Result, ServiceTests, installed_releases
from async_db.proving.evidence.two_runs import Pair
from async_db.proving.groups import choose_models, choose_wirings, groups_of
from async_db.proving.request import Progress, Request, select_rules
from async_db.proving.scaffold_run import Proved, Refuted, ScaffoldRun, Step
from async_db.proving.scaffolds import render_scaffolds
from async_db.rules import Rule, load_rules
from async_db.scaffold import read_manifest
from async_db.servers import PostgresError, ThrowawayPostgres, owned_folder, throwaway_postgres

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Verified:
    """What a verification leaves: its evidence and, if asked for, its work folder."""

    evidence: Evidence
    pairs: tuple[Pair, ...]
    """What was recorded of each rule's proof, without and with the counterexample."""
    rules: tuple[Rule, ...]
    root: Path
    folder: Path | None
    others: tuple[str, ...] = ()
    """The rules that are about other models than the scaffold's."""

    def page(self, faults: Faults | None = None) -> str:
        """Give the evidence as a page of HTML, with the recorded requests and the faults drawn."""
        diffs = {rule.name: _diff(self.root / rule.counterexample) for rule in self.rules}
        return evidence_page(self.evidence, self.rules, self.pairs, diffs, faults=faults)


def _diff(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""  # the evidence says what is wrong with it


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
        RequestError: a pattern matches nothing, or the scaffold has no such wiring.
        CatalogueError, ManifestError, OptionError, TemplateError: the pack itself is malformed.
        ProvingError: no child process can be started here.
        Interrupted: `interrupted` said so; everything that was started has ended.
    """
    rules = select_rules(load_rules(request.root), request.rules)
    manifest = read_manifest(request.root / "templates")
    wirings = choose_wirings(manifest, request.wirings)
    models = choose_models(manifest, request.models)
    groups = groups_of(rules, request.databases, wirings, models, tested=not request.rules)
    with ExitStack() as stack:
        base = Path(tempfile.gettempdir())
        work = stack.enter_context(owned_folder("verify-work", base, keep=request.keep))
        prover = Prover(request.timeout, interrupted)
        pool = stack.enter_context(ThreadPoolExecutor(max(1, request.jobs)))
        renderer = ThreadPoolExecutor(1)
        stack.callback(renderer.shutdown, cancel_futures=True)  # what nobody waits for any more
        scaffolds = render_scaffolds(request, groups, work, renderer)
        progress(Progress(0, 0, "rendering the scaffold, starting the databases"))
        server = _server(stack, request.databases)
        version = server.version if isinstance(server, ThrowawayPostgres) else None
        releases = installed_releases(version)
        runs = [
            ScaffoldRun(request, group, scaffold, server, prover, releases)
            for group, scaffold in zip(groups, scaffolds, strict=True)
        ]
        refuted, tests = _run_all(runs, pool, progress, interrupted)
        names = [rule.name for rule in rules]

        def place(part: Result | ServiceTests) -> tuple[int, int]:
            return request.databases.index(part.database), wirings.chosen.index(part.wiring)

        refuted.sort(key=lambda step: (names.index(step.result.rule), *place(step.result)))
        tests.sort(key=place)
        evidence = Evidence(releases, tuple(step.result for step in refuted), tuple(tests))
        pairs = tuple(step.pair for step in refuted if step.pair)
        folder = work if request.keep else None
        others = tuple(rule.name for rule in rules if not models.hold(rule))
        return Verified(evidence, pairs, rules, request.root, folder, others)


def _server(stack: ExitStack, databases: Sequence[str]) -> ThrowawayPostgres | str | None:
    """Start the server if it is needed; give the reason if it cannot be."""
    if "postgresql" not in databases:
        return None
    try:
        return stack.enter_context(throwaway_postgres())
    except PostgresError as error:
        return f"database could not be started: {error}"


def _run_all(
    runs: Sequence["ScaffoldRun"],
    pool: ThreadPoolExecutor,
    progress: Callable[[Progress], None],
    interrupted: Callable[[], bool],
) -> tuple[list["Refuted"], list[ServiceTests]]:
    """Run the scaffolds, and each one's counterexamples as soon as its proofs are known."""
    refuted: list[Refuted] = []
    tests: list[ServiceTests] = []
    waiting: dict[Future[Step], str] = {}

    def submit(label: str, step: Callable[[], Step]) -> None:
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
                    case Refuted() as step:
                        refuted.append(step)
                    case Proved(run, proofs, service_tests):
                        tests += service_tests
                        # What takes longest begins first, so that nothing is waited for alone.
                        for rule, proof in sorted(
                            zip(run.rules, proofs, strict=True),
                            key=lambda part: part[1].seconds,
                            reverse=True,
                        ):
                            name = f"{rule.name} on {run.label}"
                            submit(name, partial(run.refute, rule, proof))
                progress(Progress(total - len(waiting), total, label))
    finally:
        # Children end before the server that they are connected to.
        pool.shutdown(cancel_futures=True)
    return refuted, tests
