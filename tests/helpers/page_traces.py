"""Requests and findings to draw: a good one, a late one, and hostile ones."""

from async_db.findings import Finding
from async_db.traces import Event, Kind, Trace

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "</title></svg></style><script>alert(1)</script>",
    "\" onmouseover='alert(1)' x=\"",
    "' autofocus onfocus=alert(1) x='",
    "--><!--]]>&amp;&lt;&#0;",
    "a\x00b\x1b[31mc\x07\r\n\td",
    "\u202emoc.live\u2066\u200b\ufeff",
    "javascript:alert(1) http://evil.example/x?y",
    "\ud800 lone",
    "x" * 5000,
)
RULE = "session/commit-before-response"
FINDING = Finding(
    RULE, "proven", "app/db.py", 7, "commits late", "commit before", "test_a", "POST /orders"
)


def trace(
    *events: Event, route: str = "POST /orders", test: str = "test_a", place: str = "app/r.py:1"
) -> Trace:
    return Trace(number=1, route=route, place=place, events=events, test=test)


def event(kind: Kind, at: float, detail: str = "", source: str = "") -> Event:
    connection = 1 if kind in {"checkout", "statement", "executed", "commit", "checkin"} else None
    return Event(
        kind, at / 1000, request=1, task=1, connection=connection, detail=detail, source=source
    )


LATE = trace(
    event("checkout", 0),
    event("statement", 1, "INSERT INTO orders VALUES (1)", "app/repository.py:12"),
    event("executed", 1.5),
    event("response.start", 2, "201"),
    event("commit", 3),
    event("checkin", 4),
    event("request.end", 5),
)
GOOD = trace(
    event("checkout", 0),
    event("commit", 1),
    event("checkin", 2),
    event("response.start", 3, "201"),
    event("request.end", 4),
)


def hostile_trace(words: str) -> Trace:
    return trace(
        event("checkout", 0, words, words),
        event("statement", 1, f"SELECT x FROM {words}", words),  # noqa: S608 (nothing runs it)
        event("statement", 2, words, words),
        event("error", 3, f"{words}: {words}", words),
        event("outside.start", 4, words),
        event("load", 5, words),
        event("response.start", 6, words),
        event("request.end", 7),
        route=words,
        test=words,
        place=words,
    )
