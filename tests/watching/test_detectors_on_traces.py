"""What detectors find in a request's events."""

from typing import Any

import pytest

from async_db.traces import Event, Task
from async_db.watching import findings_of
from helpers.events import event, traced

WRITE = event("statement", session=1, detail="INSERT", writes=True)
READ = event("statement", session=1, detail="SELECT")
SAVEPOINT = event("statement", session=1, detail="SAVEPOINT one")
BACK = event("statement", session=1, detail="ROLLBACK TO SAVEPOINT one")
COMMIT = event("unit.commit", session=1)
OWN_BLOCK = event("unit.commit", session=1, detail="own block")
CREATED = event("response.start", detail="201")


@pytest.mark.parametrize(
    ("events", "rules"),
    [
        ((WRITE, COMMIT, CREATED), []),
        ((WRITE, CREATED, COMMIT), ["session/commit-before-response"]),
        ((READ, CREATED, COMMIT), []),
        ((READ, CREATED, WRITE, COMMIT), ["session/commit-before-response"]),
        ((CREATED, WRITE, COMMIT), []),  # a background task's own
        ((CREATED, WRITE, event("unit.rollback", session=1)), []),  # its own failure, too
        ((WRITE, CREATED, event("unit.rollback", session=1)), ["session/commit-before-response"]),
        ((WRITE, CREATED), ["session/commit-before-response"]),
        ((WRITE, event("unit.rollback", session=1), CREATED), []),
        (
            (WRITE, COMMIT, event("response.start", detail="500")),
            ["session/roll-back-on-any-error"],
        ),
        ((READ, COMMIT, event("response.start", detail="404")), []),
        ((WRITE, OWN_BLOCK, event("response.start", detail="502")), []),
        ((SAVEPOINT, WRITE, BACK, CREATED, COMMIT), []),
        ((WRITE, SAVEPOINT, BACK, CREATED, COMMIT), ["session/commit-before-response"]),
    ],
)
def test_the_order_of_events_decides(events: tuple[Event, ...], rules: list[str]) -> None:
    assert [finding.rule for finding in findings_of(traced(*events))] == rules


def test_an_operation_that_goes_on_after_its_time_limit_is_told_as_that() -> None:
    timed_out = event("response.start", detail="504", task=1)
    own = findings_of(traced(WRITE, timed_out, COMMIT._replace(task=1)))
    (other,) = findings_of(traced(WRITE, timed_out, COMMIT._replace(task=2)))

    assert {"scope" in each.advice for each in own} == {True, False}  # it was told of, too
    assert other.rule == "session/commit-before-response"
    assert "goes on after its time limit" in other.message
    assert "plain ASGI middleware" in other.advice


def test_what_a_line_has_committed_before_an_error_is_named() -> None:
    explicit = COMMIT._replace(detail="explicit", source="app/x.py:7")
    insert = WRITE._replace(detail="INSERT INTO rooms (name) VALUES (?)")
    update = WRITE._replace(detail="UPDATE  bookings SET night=?")
    failed = event("response.start", detail="409")

    (told,) = findings_of(traced(insert, update, insert, explicit, failed))
    assert (told.path, told.line) == ("app/x.py", 7)
    assert "committed here before: INSERT INTO rooms, UPDATE bookings" in told.message
    assert "sessions.begin()" in told.advice
    (by_dependency,) = findings_of(traced(insert, COMMIT, failed))
    assert "raise instead of returning" in by_dependency.advice


THEIRS = frozenset({1})
BY_A_TEST = "tests/conftest.py:7"
BY_THE_SERVICE = "app/x.py:7"


def test_how_a_test_opens_and_closes_its_session_is_not_the_services_fault() -> None:
    forgotten = traced(WRITE, CREATED, foreign=THEIRS)
    late = COMMIT._replace(source=BY_A_TEST)

    assert findings_of(forgotten) == []
    assert findings_of(traced(WRITE, CREATED, late, foreign=THEIRS)) == []


def test_what_the_service_commits_is_its_own_whoever_made_the_session() -> None:
    late = COMMIT._replace(source=BY_THE_SERVICE)
    of_a_test = WRITE._replace(source=BY_A_TEST)

    (found,) = findings_of(traced(WRITE, CREATED, late, foreign=THEIRS))
    assert found.rule == "session/commit-before-response"
    assert findings_of(traced(of_a_test, CREATED, late, foreign=THEIRS)) == []


def checkout(connection: int, pool: int, **more: Any) -> Event:
    return event("checkout", connection=connection, pool=pool, **more)


def checkin(connection: int, **more: Any) -> Event:
    return event("checkin", connection=connection, pool=1, **more)


def rules_of(*events: Event, **more: Any) -> list[tuple[str, str]]:
    """Give what is found in a request that is answered with 200 before the last of the events."""
    return [(finding.rule, finding.grade) for finding in findings_of(traced(*events, **more))]


@pytest.mark.parametrize(
    ("pools", "second", "expected"),
    [
        (((1, 5),), 1, ["pooling/one-connection-per-request"]),
        (((1, 5), (2, 5)), 2, []),
        ((), 1, []),
    ],
)
def test_a_second_checkout_counts_where_the_pool_is_limited(
    pools: tuple[tuple[int, int], ...], second: int, expected: list[str]
) -> None:
    found = rules_of(
        checkout(1, 1), checkout(2, second), checkin(2), checkin(1), CREATED, pools=pools
    )
    assert [rule for rule, _ in found] == expected


def test_two_units_of_work_on_a_tests_connection_need_two_connections() -> None:
    def unit(kind: Any, session: int) -> Event:
        return event(kind, session=session, connection=1)

    nested = (
        unit("unit.begin", 1),
        unit("unit.begin", 2),
        unit("unit.end", 2),
        unit("unit.end", 1),
    )
    in_turn = (
        unit("unit.begin", 1),
        unit("unit.end", 1),
        unit("unit.begin", 2),
        unit("unit.end", 2),
    )

    assert rules_of(*nested) == [("pooling/one-connection-per-request", "proven")]
    assert rules_of(*in_turn) == []
    assert rules_of(*nested, foreign=frozenset({1})) == []


def test_a_wait_for_the_pool_is_told_with_its_length() -> None:
    wait = Event("wait", 1.0, 1, task=1, pool=1)
    gets_one = Event("checkout", 1.25, 1, task=1, connection=1, pool=1)
    refused = Event("error", 1.25, 1, task=1, pool=1, detail="TimeoutError")

    (waited,) = findings_of(traced(wait, gets_one, checkin(1)))
    (lost,) = findings_of(traced(wait, refused))

    assert (waited.rule, waited.grade) == ("pooling/watch-the-pool", "proven")
    assert "waits 250 ms for a connection:" in waited.message
    assert "waits 250 ms for a connection and gets none:" in lost.message


def test_a_wait_of_one_that_holds_a_connection_is_a_second_checkout() -> None:
    found = rules_of(checkout(1, 1), event("wait", pool=1), checkin(1), pools=((1, 1),))
    assert found == [("pooling/one-connection-per-request", "proven")]


def test_a_connection_that_stays_out_is_told_by_when_it_was_taken() -> None:
    begin = event("unit.begin", session=1, connection=1)

    assert rules_of(checkout(1, 1), begin, CREATED) == [("session/no-async-for-sessions", "proven")]
    assert rules_of(begin, CREATED) == [("session/no-async-for-sessions", "proven")]
    assert rules_of(CREATED, checkout(1, 1)) == [("session/own-session-outside-requests", "proven")]
    assert rules_of(checkout(1, 1, source="tests/test_x.py:1"), CREATED) == []
    assert rules_of(checkout(1, 1, task=7), CREATED, working=frozenset({7})) == []


@pytest.mark.parametrize(
    ("tasks", "holder", "asker", "second"),
    [
        ((), 1, 1, True),
        ((Task(2, 1), Task(3, 1)), 2, 3, False),  # each takes one
        ((Task(2, 1), Task(3, 2)), 1, 3, True),  # it waits for the one that asks
        ((Task(2, 1, 1),), 2, 1, True),  # what took it has ended
        ((Task(2, 1, 2),), 2, 1, False),  # as yet it goes on
        ((), None, 1, True),  # a thread
    ],
)
def test_a_second_checkout_is_of_a_task_that_holds_one(
    tasks: tuple[Task, ...], holder: int | None, asker: int | None, second: bool
) -> None:
    taken = (checkout(1, 1, task=holder), checkout(2, 1, task=asker))
    found = rules_of(*taken, checkin(1), checkin(2), pools=((1, 5),), tasks=tasks)
    assert found == [("pooling/one-connection-per-request", "proven")] * second


def test_tasks_that_use_one_session_at_the_same_time() -> None:
    shared = ("session/never-shared-between-tasks", "proven")
    overlap = event("overlap", session=1, source=BY_THE_SERVICE)

    assert rules_of(overlap, overlap, overlap._replace(source="app/x.py:9")) == [shared] * 2
    assert rules_of(overlap, foreign=THEIRS) == [shared]
    assert rules_of(overlap._replace(source=BY_A_TEST)) == []
    turns = (READ._replace(task=1, source="app/x.py:1"), READ._replace(task=2, source="app/x.py:1"))
    assert rules_of(*turns) == []


def test_what_a_cancelled_request_keeps_is_told_as_that() -> None:
    kept = [("session/close-on-cancel", "proven")]
    cancel = event("cancel")

    assert rules_of(checkout(1, 1), cancel) == kept
    assert rules_of(CREATED, checkout(1, 1), cancel) == kept
    assert rules_of(checkout(1, 1), cancel, checkin(1)) == []


def load(what: str) -> Event:
    return event("load", session=1, detail=what)


LAZY_IN_SYNC = ("loading/no-lazy-loads", "review")
MISSING = event("error", detail="StatementError: greenlet_spawn has not been called")
SYNC_READ = event("statement", session=1, detail="SELECT", sync=True)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((load("relationship P.kids"), MISSING), [("loading/no-lazy-loads", "proven")]),
        ((COMMIT, load("expired P.x"), MISSING), [("session/no-expire-on-commit", "proven")]),
        ((COMMIT, load("discarded P.x"), MISSING), [("loading/no-lazy-loads", "proven")]),
        ((load("expired P.x"), MISSING), [("loading/no-lazy-loads", "proven")]),
        ((load("computed P.x"), MISSING), [("loading/refresh-server-defaults", "proven")]),
        ((load("refused P.kids"),), [("loading/no-lazy-loads", "proven")]),
        ((load("relationship P.kids"), SYNC_READ), [LAZY_IN_SYNC]),
        ((load("relationship P.kids"), READ), []),  # awaitable_attrs, run_sync
        ((load("relationship P.kids"), event("begin"), SYNC_READ), [LAZY_IN_SYNC]),
        ((load("relationship P.kids"), COMMIT), [("loading/no-lazy-loads", "proven")]),
        (
            (event("error", detail="'P.kids' is not available due to lazy='raise'"),),
            [("loading/no-lazy-loads", "proven")],
        ),
        (
            (event("error", detail="x; attribute refresh operation cannot proceed"),),
            [("session/no-expire-on-commit", "proven")],
        ),
        (
            (event("error", detail="lazy load operation of attribute 'kids' cannot proceed"),),
            [("loading/no-lazy-loads", "proven")],
        ),
    ],
)
def test_loads_by_reading(events: tuple[Event, ...], expected: list[tuple[str, str]]) -> None:
    assert rules_of(*events) == expected


ROLLBACK = event("unit.rollback", session=1)


@pytest.mark.parametrize(
    ("events", "said", "advised"),
    [
        ((load("relationship P.kids"), MISSING), "relationship P.kids", "selectinload(P.kids)"),
        ((load("refused P.kids"),), "P.kids, which its query did not load", "selectinload(P.kids)"),
        ((load("deferred P.x"), MISSING), "deferred column P.x", "undefer(P.x)"),
        ((load("polymorphic P.x"), MISSING), "P.x, a column of a subclass", "selectin_polymorphic"),
        ((load("column_property P.x"), MISSING), "column_property P.x", 'refresh(row, ["x"])'),
        ((load("computed P.x"), MISSING), "P.x, which the database has", "eager_defaults=True"),
        ((COMMIT, load("expired P.x"), MISSING), "P.x, which a commit", "expire_on_commit=False"),
        ((ROLLBACK, load("expired P.x"), MISSING), "P.x, which a rollback", "read x before it"),
        ((COMMIT, ROLLBACK, load("expired P.x"), MISSING), "a rollback has expired", "rollback()"),
        ((SAVEPOINT, BACK, load("discarded P.x"), MISSING), "a savepoint that", "refresh the P"),
        ((load("expired P.x"), MISSING), "P.x, which was expired", "refresh the P"),
    ],
)
def test_the_cure_is_that_of_the_cause(events: tuple[Event, ...], said: str, advised: str) -> None:
    (found,) = findings_of(traced(*events))
    assert said in found.message
    assert advised in found.advice


def test_whether_a_commit_expires_is_up_to_who_made_the_session() -> None:
    (found,) = findings_of(traced(COMMIT, load("expired P.x"), MISSING, foreign=THEIRS))
    assert (found.rule, found.grade) == ("session/no-expire-on-commit", "review")
    assert "the tests made" in found.message


def test_one_query_many_times() -> None:
    one_by_one = ("loading/no-n-plus-one", "suspected")
    page = event("statement", session=1, detail="SELECT x ORDER BY id LIMIT 5")
    of_another = event("statement", session=2, detail="SELECT")
    lazily = (load("relationship P.kids"), SYNC_READ, event("executed"))

    different = [READ._replace(asked=number) for number in range(1, 6)]

    assert rules_of(*different) == [one_by_one]
    assert rules_of(*different[:4]) == []
    assert rules_of(*[READ] * 5) == [("loading/no-n-plus-one", "review")]  # one question
    assert rules_of(*[page] * 5) == []
    assert rules_of(*[READ] * 3, *[of_another] * 3) == []
    assert rules_of(*[WRITE] * 5, COMMIT) == []
    assert rules_of(*different, foreign=THEIRS) == [one_by_one]
    assert rules_of(*[each._replace(source=BY_A_TEST) for each in different]) == []
    assert rules_of(*lazily * 3) == [
        ("loading/no-lazy-loads", "review"),
        ("loading/no-n-plus-one", "proven"),
    ]


def test_a_sync_driver_on_the_loop_is_told_once() -> None:
    on_loop = event("statement", session=1, detail="SELECT", sync=True, task=1)

    assert rules_of(on_loop, on_loop) == [("migrating/no-sync-left", "proven")]
    assert rules_of(SYNC_READ) == []  # in a thread
    assert rules_of(on_loop, foreign=THEIRS) == [("migrating/no-sync-left", "proven")]
    assert rules_of(on_loop._replace(source=BY_A_TEST)) == []


def test_a_wait_for_something_else_is_told_once_for_each_line() -> None:
    outside = event("outside.start", detail="httpx.get", source="app/x.py:3")
    end = event("outside.end")
    idle_thread = event("outside.start", detail="in a thread")
    busy_again = event("outside.end", source="app/x.py:9")

    assert rules_of(outside, end, outside, end) == [
        ("session/no-network-while-connected", "proven")
    ]
    (found,) = findings_of(traced(idle_thread, busy_again))
    assert (found.grade, found.path, found.line) == ("suspected", "app/x.py", 9)
    assert "its thread waits, before this line" in found.message


def said(text: str) -> Event:
    return event("statement", session=1, connection=1, detail=text)


SETS = said("SET search_path TO one")
COMMITTED = event("commit", connection=1)
LEFT = [("tenancy/schema-per-request", "proven")]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((SETS, COMMITTED), LEFT),
        ((SETS, COMMIT), LEFT),  # on a test's connection
        ((SETS, event("rollback", connection=1)), []),
        ((SETS, COMMITTED, event("close", connection=1)), []),
        ((SETS, COMMITTED, said("RESET search_path"), COMMITTED), []),
        ((SETS, event("commit", connection=2)), []),
        ((said("select set_config('search_path', $1, false)"), COMMITTED), LEFT),
        ((said("SELECT pg_advisory_lock(1)"), COMMITTED), LEFT),
        ((said("SELECT pg_try_advisory_lock(1)"), COMMITTED), LEFT),
        ((said("SELECT pg_try_advisory_lock_shared(1)"), COMMITTED), LEFT),
        ((said("SELECT pg_advisory_lock_shared(1) AS a"), COMMITTED), LEFT),
        ((said("SELECT pg_try_advisory_xact_lock(1)"), COMMITTED), []),
        (
            (
                said("SELECT pg_advisory_lock_shared(1)"),
                said("SELECT pg_advisory_unlock_shared(1)"),
                COMMITTED,
            ),
            [],
        ),
        ((said("CREATE TEMPORARY TABLE t (id int)"), COMMITTED), LEFT),
        ((said("SET LOCAL search_path TO one"), COMMITTED), []),
        ((said("SET CONSTRAINTS ALL DEFERRED"), COMMITTED), []),
        ((said("set transaction isolation level serializable"), COMMITTED), []),
        ((said("select set_config('search_path', $1, true)"), COMMITTED), []),
        ((said("SELECT * FROM sets"), COMMITTED), []),
    ],
)
def test_what_stays_with_a_connection(
    events: tuple[Event, ...], expected: list[tuple[str, str]]
) -> None:
    assert rules_of(*events) == expected
