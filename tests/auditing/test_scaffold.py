"""The scaffold is silent in all wirings, and what people write instead is found."""

from pathlib import Path

import pytest

from async_db.auditing import FINDS, RULES, Service, findings_of
from async_db.rules import Rule, apply_to_tree, load_rules
from async_db.target import read_project
from helpers.rendered import ALL_FEATURES, Options, combinations, named, written

ROOT = Path(__file__).resolve().parents[2]
REFUTABLE = {rule.name: rule for rule in load_rules(ROOT)}
UNSEEN = {
    "engine/after-fork": "what a worker inherits is decided by its server",
    "engine/refused-values-not-logged": "what an error text shows is decided by the driver",
    "engine/secrets-not-logged": "whether a text is secret is not in its type",
    "loading/load-before-serialising": "what a model shows is decided by pydantic when it runs",
    "loading/refresh-server-defaults": "which columns the server fills is in the database",
    "loading/stream-large-results": "how many rows there are is in the database",
    "migrating/batch-mode-keeps-rows": "a PRAGMA that is missing looks like one that is not needed",
    "migrating/slice-by-slice": "that two engines meet in one request is seen when it is served",
    "loading/lock-then-load": "what a lock has to cover is in the application's rules",
    "loading/one-statement-one-snapshot": "which rows belong together is in the application's rules",
    "pooling/bounded-waits": "which limits hold is decided by several layers",
    "pooling/fail-fast-when-exhausted": "a handler that is missing may be anywhere",
    "pooling/leave-read-only-nodes": "what a failover does is seen when it happens",
    "pooling/no-endless-queue": "how long clients wait is not in the source",
    "pooling/sqlite-readers-never-wait": "which units only read is decided when they run",
    "pooling/sqlite-write-lock-first": "which units write is decided when they run",
    "pooling/limit-concurrency": "how many may run at once is for a person to say",
    "pooling/pre-ping": "the scaffold passes its pool's arguments by `**`, which hides them",
    "pooling/prepared-statements-behind-pgbouncer": "what is in front of the database is not here",
    "pooling/readiness-outside-the-pool": "what a probe reaches is decided by a deployment",
    "pooling/server-side-timeouts": "the server may have its own",
    "pooling/size-for-the-whole-fleet": "how many processes there are is not here",
    "pooling/sqlite-connect-events": "which database is used is decided by the URL",
    "pooling/watch-the-pool": "what is worth watching is for a person to say",
    "queries/aware-times": "the scaffold's columns are aware by a name for their type",
    "repository/set-based-writes": "not built: two statements that should be one look like any two",
    "repository/update-in-one-statement": "not built: two statements look like any two",
    "session/answer-by-sqlstate": "which errors a database gives is in the database",
    "session/background-tasks-never-raise": "not built",
    "session/idempotency-key-in-the-same-unit": "which units belong together is in the application's rules",
    "session/reading-sessions": "which operations only read is decided when they run",
    "session/unknown-is-not-unavailable": "what a lost answer means is seen when it is lost",
    "session/libraries-join-the-unit": "the library of its counterexample is the proof's own",
    "session/no-network-while-connected": "not built: `observe` sees it",
    "session/retry-the-whole-unit": "not built",
    "session/savepoint-for-partial-failure": "not built",
    "session/streams-finish-their-query": "not built: how far a stream is read is decided by a client",
    "session/unit-of-work-per-operation": "not built",
    "tenancy/tenant-is-looked-up": "whether a schema is there is in the database",
    "testing/database-per-worker": "how many workers run is on the command line",
    "testing/prove-the-rollback": "what a test should have proved is not in it",
    "testing/real-database": "the scaffold's tests name PostgreSQL too",
    "testing/run-the-lifespan": "the scaffold's other tests run it, which silences this",
    "wiring/databases-by-type": "what a container resolves is decided when it runs",
    "wiring/finalizers-run": "what a container closes is decided when it runs",
    "wiring/manager-in-the-lifespan": "not built",
    "wiring/narrower-never-in-wider": "the container's own validation sees it",
    "wiring/read-replica": "which of two engines lags is not in the source",
    "wiring/replica-refuses-writes": "what a server refuses is not in the source",
    "wiring/two-databases": "that two commits belong together is for a person to say",
}
"""Rules whose counterexamples the audit does not find, each with the reason."""


def distinct() -> list[Options]:
    """Give the default, and each combination of choices with all features."""
    return [{}, *(options | {"with_": ALL_FEATURES} for options in combinations())]


@pytest.mark.parametrize("options", distinct(), ids=named)
def test_the_scaffold_is_silent(options: Options, tmp_path: Path) -> None:
    folder = written(tmp_path / "service", **options)
    project = read_project(folder)
    assert project.skipped == ()
    assert findings_of(Service(project)) == []


@pytest.mark.parametrize("name", sorted(set(RULES) - set(UNSEEN)))
def test_what_people_write_is_found(name: str, tmp_path: Path) -> None:
    folder = broken(REFUTABLE[name], tmp_path)
    found = [each.rule for each in findings_of(Service(read_project(folder)))]
    assert name in found


def test_what_is_found_is_what_detectors_say() -> None:
    assert set(FINDS) == set(RULES) - set(UNSEEN)


def test_what_is_not_found_is_listed() -> None:
    assert set(REFUTABLE) - set(RULES) <= set(UNSEEN)
    assert set(UNSEEN) <= set(REFUTABLE)


def broken(rule: Rule, folder: Path) -> Path:
    """Render what a rule's proof runs on, and apply its counterexample."""
    options = {f"{key}_" if key == "with" else key: text for key, text in rule.options.items()}
    service = written(folder / "service", **options)
    apply_to_tree((ROOT / rule.counterexample).read_text(), service)
    return service
