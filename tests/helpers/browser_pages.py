"""Both pages, with requests of all kinds, to be looked at in a browser."""

from dataclasses import replace

from async_db.findings import Finding
from async_db.pages import Shown, observe_page
from async_db.proving import Evidence, Pair, Result, evidence_page
from async_db.rules import Rule
from async_db.traces import Event, Kind, Recording, Trace

RULE = "session/commit-before-response"
LEAK = "session/no-async-for-sessions"
HOSTILE = "</script><img src=x onerror=alert(1)>\x1b\u202e" + "x" * 300
PAGES = ("observe", "evidence")
Step = tuple[Kind, float] | tuple[Kind, float, str]


def finding(rule: str, route: str, event: int = -1) -> Finding:
    message, path = f"{route} is late", "app/database/session.py"
    return Finding(
        *(rule, "proven", path, 12, message, "be early", "test_it", route),
        requests=1,
        event=event,
        code="await session.commit()",
        function="get_session",
    )


def request(route: str, *steps: Step) -> Trace:
    """Give a request whose events are all of one session and connection."""
    connected = {"connect", "checkout", "begin", "statement", "executed", "commit", "rollback"}
    connected |= {"checkin", "error"}
    events = tuple(
        Event(
            kind,
            at / 1000,
            request=1,
            task=1,
            pool=1,
            connection=1 if kind in connected else None,
            session=1 if kind.startswith("unit") or kind in {"flush", "session"} else None,
            detail=detail[0] if detail else "",
            writes=bool(detail) and detail[0].startswith("INSERT"),
            source="app/orders/repository.py:12",
        )
        for kind, at, *detail in steps
    )
    return Trace(1, route, "app/orders/routes.py:41", events, f"tests/test_orders.py::{route}")


def write_of(route: str, *, response: float, commit: float) -> Trace:
    steps: list[tuple[Kind, float, str]] = [
        ("session", 0.1, ""),
        ("checkout", 0.5, ""),
        ("begin", 0.8, ""),
        ("statement", 1.0, "INSERT INTO orders (reference) VALUES (?)"),
        ("executed", 1.2, ""),
        ("flush", 1.3, ""),
        ("statement", 1.5, "SELECT orders.id FROM orders"),
        ("executed", 1.7, ""),
        ("commit", commit, ""),
        ("unit.commit", commit + 0.1, ""),
        ("checkin", commit + 0.2, ""),
        ("response.start", response, "201"),
        ("response.end", response + 0.1, ""),
        ("request.end", max(response, commit) + 0.5, ""),
    ]
    return request(route, *sorted(steps, key=lambda step: step[1]))


GOOD = write_of("POST /good", response=4, commit=3)
LATE = write_of("POST /late", response=3, commit=5)
LEAKING = request(
    "GET /leaking",
    ("wait", 0),
    ("checkout", 2),
    ("outside.start", 2.5, "httpx"),
    ("outside.end", 4, "httpx"),
    ("statement", 5, "SELECT * FROM 注文の一覧表"),
    ("error", 6, "OperationalError: gone"),
    ("load", 6.5, "Order.items"),
    ("response.start", 7, "500"),
    ("cancel", 7.5),
)
LOOPS: list[Step] = [
    step
    for number in range(30)
    for step in (
        ("statement", 0.5 + number, f"SELECT a FROM table_{number}"),  # noqa: S608 (the same)
        ("executed", 0.51 + number),
    )
]
HELD = request(
    "GET /held",
    ("checkout", 0),
    ("statement", 1, "SELECT 1 FROM orders"),
    ("executed", 2),
    ("response.start", 3, "200"),
    ("request.end", 4),
)
BUSY = request(
    "GET /busy",
    ("checkout", 0),
    *LOOPS,
    ("checkin", 31),
    ("response.start", 32, "200"),
    ("request.end", 33),
)
WICKED = replace(
    request(
        HOSTILE,
        ("checkout", 0),
        ("statement", 1, f"SELECT 1 FROM {HOSTILE}"),  # noqa: S608 (nothing runs it)
        ("error", 2, HOSTILE),
        ("outside.start", 3, HOSTILE),
        ("response.start", 4, HOSTILE),
        ("request.end", 5),
    ),
    test=HOSTILE,
)


def observed() -> str:
    commit = next(i for i, event in enumerate(LATE.events) if event.kind == "commit")
    late, leak = finding(RULE, LATE.route, commit), finding(LEAK, LEAKING.route, 1)
    wicked = Finding(HOSTILE, "suspected", HOSTILE, 1, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    shown = [
        Shown(GOOD),
        Shown(LATE, (late,), "offending"),
        Shown(LEAKING, (leak,), "offending"),
        Shown(BUSY),
        Shown(HELD),
        Shown(WICKED, (wicked,), "offending"),
    ]
    claims = {RULE: "Commit before the `response`.", LEAK: "Give it back."}
    return observe_page([late, leak, wicked], shown, requests=70, claims=claims, title="Orders")


def proved(rules: tuple[Rule, ...]) -> str:
    chosen = [rule for rule in rules if rule.topic == "session"]
    keys = ("sqlite", "postgresql")
    evidence = Evidence(
        {"fastapi": "0.121", "sqlalchemy": "2.0.40"},
        tuple(
            Result(rule.name, "depends", key, True, rule.name != LEAK, "201", 0.5)
            for rule in chosen
            for key in keys
        ),
        (),
    )
    pairs = [
        Pair(RULE, key, Recording((GOOD,)), Recording((LATE,)), (finding(RULE, LATE.route),))
        for key in keys
    ]
    diff = "--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-scope\n+" + "no_scope" * 40
    return evidence_page(evidence, chosen, pairs, {rule.name: diff for rule in chosen})
