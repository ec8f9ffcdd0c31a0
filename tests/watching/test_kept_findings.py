"""Which findings are kept of a long run, and that the others are counted."""

from dataclasses import replace

from async_db.findings import Finding
from async_db.watching.kept_findings import MAX_ALIKE, KeptFindings

FOUND = Finding("a/b", "proven", "app/x.py", 1, "It is so.", "Do it.", route="GET /a")


def test_one_route_does_not_hide_another_of_the_same_line() -> None:
    kept = KeptFindings()
    for number in range(60):
        kept.add(replace(FOUND, test=str(number), requests=1))
    kept.add(replace(FOUND, route="GET /b"))

    assert [finding.route for finding in kept.findings] == ["GET /a"] * MAX_ALIKE + ["GET /b"]
    assert (kept.alike, kept.over) == (10, 0)
    assert sum(finding.requests for finding in kept.findings) == 60  # those left out, too


def test_the_bound_on_all_holds_whatever_the_routes() -> None:
    kept = KeptFindings(most=3)
    for number in range(5):
        kept.add(replace(FOUND, route=f"GET /{number}"))

    assert len(kept.findings) == len(kept._alike) == 3
    assert (kept.alike, kept.over) == (0, 2)
