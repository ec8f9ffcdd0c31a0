"""The matrix of rules and releases: its table, its JSON, and one that is really tried."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from async_db.proving.evidence.results import Result, ServiceTests
from async_db.proving.releases.commit_order import (
    ORDER_RULE,
    CommitOrder,
)
from async_db.proving.releases.runs import verify_releases
from async_db.proving.releases.sets import (
    ReleaseSet,
)
from async_db.proving.releases.verdicts import Tried, Verdict
from async_db.proving.request import Request
from helpers.release_examples import (
    AFTER,
    ANYWHERE,
    BEFORE,
    CANNOT,
    CLIENT,
    EVERYWHERE,
    FASTAPI,
    GOOD,
    INSIDE,
    LATEST,
    MATRIX,
    OLD,
    OLD_FASTAPI,
    OUTSIDE,
    ROOT,
    RULE,
    TESTS,
    order_on,
)

BAD: list[tuple[Tried, str]] = [
    (
        replace(LATEST, verdicts=(replace(INSIDE, says="disagrees", reason="no"), EVERYWHERE)),
        "latest: sums/adds disagrees: no",
    ),
    (
        replace(LATEST, service_tests=(TESTS, replace(TESTS, failed=1, reason="one\nfailed"))),
        "latest: the service's own tests on sqlite: one failed",
    ),
    (
        replace(LATEST, order=order_on("0.165.0", BEFORE, BEFORE)),
        f"latest: the text says “{AFTER}” of the default scope, “{BEFORE}” of the function scope",
    ),
    (
        replace(LATEST, order=order_on("0.118.0", BEFORE, None)),
        f"latest: the text says “{AFTER}” of the default scope, “no such scope” of the function scope",
    ),
    (
        replace(LATEST, verdicts=(INSIDE,)),
        "sums/anywhere: no set of releases shows that it applies",
    ),
]


def test_a_matrix_is_good_when_windows_are_what_was_seen() -> None:
    assert MATRIX.good
    assert OLD.agrees
    assert LATEST.agrees


def test_what_was_not_run_is_told_and_leaves_a_matrix_incomplete() -> None:
    missing = replace(GOOD, proved=None, refuted=None, not_run="no tool")
    verdict = replace(INSIDE, says="not run", reason="no tool")
    matrix = replace(
        MATRIX, tried=(OLD, replace(LATEST, verdicts=(verdict, EVERYWHERE), results=(missing,)))
    )

    assert (MATRIX.complete, matrix.complete, matrix.good) == (True, False, True)
    assert "- latest: sums/adds not run: no tool" in matrix.to_table().splitlines()


@pytest.mark.parametrize(("latest", "line"), BAD)
def test_whatever_is_wrong_makes_a_matrix_bad_and_is_told(latest: Tried, line: str) -> None:
    matrix = replace(MATRIX, tried=(OLD, latest))

    assert not matrix.good
    assert f"- {line}" in matrix.to_table().splitlines()
    assert f"- {line}" not in MATRIX.to_table().splitlines()


def test_the_table_has_a_row_for_each_rule_and_a_column_for_each_set() -> None:
    assert MATRIX.to_table().splitlines() == [
        "| rule                    | window           | FastAPI 0.118.0       | latest                |",
        "| ----------------------- | ---------------- | --------------------- | --------------------- |",
        "| sums/adds               | FastAPI >= 0.121 | does not apply        | applies               |",
        "| sums/anywhere           | any release      | cannot run            | applies               |",
        "| the service's own tests |                  | –                     | passed                |",
        "| default scope           |                  | response, then commit | response, then commit |",
        "| function scope          |                  | no such scope         | commit, then response |",
        "",
        "- latest, and what a column does not name: fastapi 0.165.0, httpx 0.28.1",
        "- FastAPI 0.118.0: the service cannot run, it needs FastAPI >= 0.121",
        "- FastAPI 0.118.0: sums/adds does not apply: on sqlite: proof failed",
    ]


def test_rules_of_any_release_that_are_alike_share_a_row() -> None:
    rules = tuple(replace(ANYWHERE, slug=f"anywhere-{number}") for number in range(4))
    tried = tuple(
        replace(
            part,
            verdicts=(*part.verdicts, *(replace(says, rule=rule.name) for rule in rules)),
            service_tests=(),
            order=None,
        )
        for part, says in ((OLD, CANNOT), (LATEST, EVERYWHERE))
    )

    table = replace(MATRIX, rules=(RULE, *rules), tried=tried).to_table()

    assert [line.split("|")[1:5] for line in table.splitlines()[2:4]] == [
        [" sums/adds     ", " FastAPI >= 0.121 ", " does not apply  ", " applies "],
        [" 4 other rules ", " any release      ", " cannot run      ", " applies "],
    ]


def test_rows_that_no_set_has_anything_for_are_left_out() -> None:
    bare = [replace(part, service_tests=(), order=None) for part in (OLD, LATEST)]
    matrix = replace(MATRIX, rules=(RULE, CLIENT), tried=tuple(bare))

    cells = [line.split("|")[1].strip() for line in matrix.to_table().splitlines() if "|" in line]
    assert cells[2:] == ["sums/adds", "sums/client"]
    assert "| sums/client | httpx >= 0.28    | –" in matrix.to_table()


def test_failed_tests_of_the_service_and_unknown_orders_have_cells() -> None:
    failed = replace(LATEST, service_tests=(replace(TESTS, reason="no"),))
    table = replace(MATRIX, tried=(replace(OLD, order=None), failed)).to_table()

    rows = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[3:5]]
        for line in table.splitlines()
        if "|" in line
    }
    assert rows["the service's own tests"] == ["–", "failed"]
    assert rows["default scope"] == ["–", AFTER]
    assert rows["function scope"] == ["–", BEFORE]


def test_a_set_of_what_evidence_does_not_name_has_a_column_too() -> None:
    other = replace(LATEST, releases=ReleaseSet("alembic", "1.16.*"))

    header, *_ = replace(MATRIX, tried=(other, LATEST)).to_table().splitlines()

    assert [cell.strip() for cell in header.split("|")[3:5]] == ["alembic 1.16.*", "latest"]


def test_json_is_the_newest_evidence_with_the_matrix_in_it() -> None:
    content = json.loads(MATRIX.to_json())

    matrix = content.pop("matrix")
    assert content == {"schema_version": 1, "results": [], "matrix_not_shown": []}
    assert [part["name"] for part in matrix] == ["FastAPI 0.118.*", "latest"]
    old, latest = matrix
    assert (old["results"], latest["service_tests"]) == ([as_json(GOOD)], [as_json(TESTS)])
    for part in matrix:
        del part["results"], part["service_tests"]
    assert old == {
        "name": "FastAPI 0.118.*",
        "releases": OLD_FASTAPI,
        "needs": ["FastAPI >= 0.121"],
        "agrees": True,
        "rules": [as_json(OUTSIDE), as_json(CANNOT)],
        "commit_order": {
            "default": AFTER,
            "function": None,
            "stated": AFTER,
            "scoped": False,
            "agrees": True,
        },
        "seconds": 12.3,
    }
    assert (latest["needs"], latest["rules"]) == ([], [as_json(INSIDE), as_json(EVERYWHERE)])


def test_json_tells_what_is_wrong() -> None:
    wrong = replace(LATEST, verdicts=(INSIDE,), order=order_on("0.165.0", BEFORE, None))

    content = json.loads(replace(MATRIX, tried=(OLD, wrong)).to_json())

    assert [part["agrees"] for part in content["matrix"]] == [True, False]
    assert content["matrix"][1]["commit_order"]["agrees"] is False
    assert content["matrix_not_shown"] == [
        "sums/anywhere: no set of releases shows that it applies"
    ]


def as_json(part: Verdict | Result | ServiceTests) -> dict[str, Any]:
    return dict(vars(part))


@pytest.mark.exhaustive
@pytest.mark.network
def test_a_rule_is_tried_on_real_releases_on_both_sides_of_its_edge(tmp_path: Path) -> None:
    request = Request(ROOT, (ORDER_RULE,), ("sqlite",), jobs=2)
    environments = tmp_path / "environments"
    sets = (ReleaseSet("FastAPI", "0.118.0"), ReleaseSet())

    matrix = verify_releases(request, environments, sets=sets)

    old, latest = matrix.tried
    assert matrix.good, matrix.to_table()
    assert old.installed["fastapi"] == "0.118.0"
    assert [str(need) for need in old.needs] == ["fastapi >= 0.121.1"]
    assert [(verdict.says, verdict.inside) for verdict in old.verdicts] == [
        ("does not apply", False)
    ]
    assert "Depends() got an unexpected keyword argument 'scope'" in (old.verdicts[0].reason or "")
    assert FASTAPI.holds(latest.installed["fastapi"])
    assert latest.needs == ()
    assert latest.verdicts == (Verdict(ORDER_RULE, True, "applies"),)
    assert old.order == CommitOrder(AFTER, None, AFTER, False)
    assert latest.order == CommitOrder(AFTER, BEFORE, AFTER, True)
    assert matrix.latest["releases"] == latest.installed
    assert ORDER_RULE in matrix.page
    assert sorted(path.name for path in environments.iterdir()) == ["fastapi-0.118.0", "latest"]
