"""Sets of releases: what is installed of them, and how what they show is compared with windows."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging import requirements as packaging
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from async_db.proving.evidence.results import Result, ServiceTests
from async_db.proving.releases.commit_order import (
    ORDER_RULE,
    CommitOrder,
    judge_order,
    stated_orders,
)
from async_db.proving.releases.matrix import Matrix
from async_db.proving.releases.runs import verify_releases
from async_db.proving.releases.sets import (
    RELEASE_SETS,
    ReleaseSet,
    comparators_in,
    for_scaffold,
    pinned,
    scaffold_options,
    unmet,
    within,
)
from async_db.proving.releases.verdicts import Says, Tried, Verdict, concerned, judge, not_shown
from async_db.proving.request import Request
from async_db.rules.catalogue import Comparator, Requirement, load_rules, parse_rules
from async_db.scaffold.rendering import render_project

ROOT = Path(__file__).resolve().parents[2]
DEPENDENCIES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]["dependencies"]
RULES = load_rules(ROOT / "references")
FASTAPI = Requirement("FastAPI", (Comparator(">=", "0.121"),))
HTTPX = Requirement("httpx", (Comparator(">=", "0.28"),))
NEWEST = {"fastapi": "0.165.0", "httpx": "0.28.1"}
OLD_FASTAPI = NEWEST | {"fastapi": "0.118.0"}

RULE = parse_rules(
    """# sums

## adds

**It adds.**

- **Window:** FastAPI >= 0.121
- **Databases:** SQLite, PostgreSQL
- **Outcome:** `assert -1 == 3`
- **Caught by:** [proof](../tests/proofs/sums/test_adds.py),
  [counterexample](../tests/counterexamples/sums/adds.patch)
""",
    Path("sums.md"),
)[0]
ANYWHERE = replace(RULE, slug="anywhere", window=())
CLIENT = replace(RULE, slug="client", window=(HTTPX,))
BOTH = replace(RULE, slug="both", window=(FASTAPI, HTTPX))


# Which releases.


def test_each_set_has_a_folder_of_its_own_and_the_newest_is_the_last() -> None:
    folders = [releases.folder for releases in RELEASE_SETS]

    assert len(set(folders)) == len(folders)
    assert all(Path(folder).name == folder for folder in folders)
    assert RELEASE_SETS[-1] == ReleaseSet()
    assert ReleaseSet().name == "latest"


@pytest.mark.parametrize(
    ("releases", "name", "folder", "pins"),
    [
        (ReleaseSet(), "latest", "latest", {"sqlalchemy": "2.1.*"}),
        (
            ReleaseSet("pytest_asyncio", "1.0.*"),
            "pytest_asyncio 1.0.*",
            "pytest_asyncio-1.0",
            {"sqlalchemy": "2.1.*", "pytest-asyncio": "1.0.*"},
        ),
        (
            ReleaseSet("SQLAlchemy", "2.0.*"),
            "SQLAlchemy 2.0.*",
            "sqlalchemy-2.0",
            {"sqlalchemy": "2.0.*"},
        ),
    ],
)
def test_a_set_is_the_newest_releases_but_for_one(
    releases: ReleaseSet, name: str, folder: str, pins: Mapping[str, str]
) -> None:
    assert (releases.name, releases.folder, releases.pins) == (name, folder, pins)


EDGES = [
    pytest.param(part.distribution, bound, id=f"{rule.name} at {part.project} {bound}")
    for rule in RULES
    for part in rule.window
    for bound in part.comparators
]


@pytest.mark.parametrize(("distribution", "bound"), EDGES)
def test_sets_are_on_both_sides_of_each_edge_that_a_window_names(
    distribution: str, bound: Comparator
) -> None:
    # What a set does not pin is the newest release; what is installed here is not newer.
    newest = metadata.version(distribution)
    sides = {bound.holds(part.pins.get(distribution, newest)) for part in RELEASE_SETS}

    assert sides == {True, False}


def test_what_sets_pin_is_what_the_pack_depends_on() -> None:
    names = {canonicalize_name(packaging.Requirement(text).name) for text in DEPENDENCIES}

    assert {name for part in RELEASE_SETS for name in part.pins} <= names


# What is asked of them.


def test_pinned_dependencies_lose_their_own_bounds() -> None:
    dependencies = [
        "fastapi>=0.121",
        "SQLAlchemy [asyncio] >= 2.0.40, <3",
        "Pytest.Asyncio>=1.1 ; python_version > '3'",
        "httpx",
    ]
    pins = {"fastapi": "0.118.0", "sqlalchemy": "2.1.*", "pytest-asyncio": "1.0.*"}

    assert pinned(dependencies, pins) == [
        "fastapi==0.118.0",
        "SQLAlchemy[asyncio]==2.1.*",
        "Pytest.Asyncio==1.0.*; python_version > '3'",
        "httpx",
    ]


spaces = st.sampled_from(["", " "])
projects = st.from_regex(r"[A-Za-z0-9]{1,4}([-_.][A-Za-z0-9]{1,4}){0,2}", fullmatch=True)
versions = st.lists(st.integers(0, 30), min_size=1, max_size=3).map(
    lambda numbers: ".".join(map(str, numbers))
)
bounds = st.builds(Comparator, st.sampled_from([">=", "<=", "==", "!=", ">", "<"]), versions)
windows = st.lists(bounds, max_size=3).map(tuple)


@st.composite
def any_dependency(draw: st.DrawFn) -> str:
    parts = [
        draw(projects),
        draw(st.sampled_from(["", "[asyncio]", "[a, b]"])),
        ", ".join(map(str, draw(windows))),
        draw(st.sampled_from(["", "; python_version >= '3.8'", ";extra == 'x'"])),
    ]
    return draw(spaces).join(parts)


@given(st.lists(any_dependency(), min_size=1, max_size=4), versions, st.data())
def test_pins_change_versions_and_nothing_else(
    dependencies: list[str], version: str, data: st.DataObject
) -> None:
    before = [packaging.Requirement(text) for text in dependencies]
    names = sorted({str(canonicalize_name(part.name)) for part in before})
    pins = dict.fromkeys(data.draw(st.sets(st.sampled_from(names))), version)

    after = pinned(dependencies, pins)

    for old, text, new in zip(before, dependencies, after, strict=True):
        if canonicalize_name(old.name) in pins:
            old.specifier = SpecifierSet(f"=={version}")
            assert packaging.Requirement(new) == old
        else:
            assert new == text


def test_what_is_no_dependency_is_told() -> None:
    with pytest.raises(ValueError, match=r"not a dependency: '\./here'"):
        pinned(["./here"], {})


@given(windows)
def test_bounds_are_read_as_they_are_written(bounds: tuple[Comparator, ...]) -> None:
    assert comparators_in(str(Requirement("FastAPI", bounds))) == bounds


def test_bounds_are_read_without_spaces_too() -> None:
    assert comparators_in(">=0.118,<0.121") == (Comparator(">=", "0.118"), Comparator("<", "0.121"))
    assert comparators_in("any release") == ()


def test_unmet_is_what_is_installed_and_too_old() -> None:
    dependencies = [
        "fastapi>=0.121",
        "sqlalchemy[asyncio]>=2.0.40; python_version > '3'",
        "ruff>=9",
    ]

    assert unmet(dependencies, NEWEST | {"sqlalchemy": "2.0.40"}) == ()
    assert [str(part) for part in unmet(dependencies, OLD_FASTAPI | {"sqlalchemy": "2.0.39"})] == [
        "fastapi >= 0.121",
        "sqlalchemy >= 2.0.40",
    ]


@pytest.mark.parametrize(
    ("fastapi", "options"),
    [
        ("0.105.0", {}),
        ("0.106.0", {"fastapi": "0.106"}),
        ("0.117.1", {"fastapi": "0.106"}),
        ("0.118.0", {}),
        ("0.165.0", {}),
    ],
)
def test_releases_that_commit_in_time_have_a_scaffold_of_their_own(
    fastapi: str, options: dict[str, str]
) -> None:
    installed = NEWEST | {"fastapi": fastapi}
    assert scaffold_options(installed) == options
    assert bool(unmet(["fastapi>=0.121"], installed)) == (not options and fastapi != "0.165.0")


def test_that_scaffold_has_no_scope_and_its_counterexamples_neither() -> None:
    usual = render_project(ROOT / "templates", {})
    older = render_project(ROOT / "templates", {"fastapi": "0.106"})

    scoped = {str(path) for path, text in usual.items() if 'scope="function"' in text}
    assert {"app/database/session.py", "app/orders/routes.py"} <= scoped
    assert {str(path) for path in usual if usual[path] != older[path]} == {
        *scoped,
        "pyproject.toml",
    }
    assert not any('Depends(get_session, scope="function")' in text for text in older.values())
    patch = (ROOT / "tests/counterexamples/pooling/limit-concurrency.patch").read_text("utf-8")
    assert for_scaffold(patch, {}) == patch != for_scaffold(patch, {"fastapi": "0.106"})
    assert "scope=" not in for_scaffold(patch, {"fastapi": "0.106"})


def test_what_the_pack_depends_on_is_met_here() -> None:
    installed = {
        part.distribution: metadata.version(part.distribution)
        for part in (Requirement(packaging.Requirement(text).name, ()) for text in DEPENDENCIES)
    }

    assert unmet(DEPENDENCIES, installed) == ()


def test_where_the_service_cannot_run_rules_about_the_reason_are_tried() -> None:
    rules = (RULE, ANYWHERE, CLIENT, BOTH)

    assert concerned(rules, ()) == rules
    assert concerned(rules, (FASTAPI,)) == (RULE, BOTH)
    assert concerned(rules, (FASTAPI, HTTPX)) == (RULE, CLIENT, BOTH)
    assert concerned(rules, (Requirement("alembic", ()),)) == ()


@pytest.mark.parametrize(
    ("window", "installed", "inside"),
    [
        ((), OLD_FASTAPI, True),
        ((FASTAPI,), NEWEST, True),
        ((FASTAPI,), OLD_FASTAPI, False),
        ((FASTAPI, HTTPX), OLD_FASTAPI, False),
        ((HTTPX, FASTAPI), OLD_FASTAPI, False),
        ((HTTPX,), OLD_FASTAPI, True),
        ((HTTPX,), {}, True),
    ],
)
def test_releases_are_inside_a_window_when_all_of_them_are(
    window: Sequence[Requirement], installed: Mapping[str, str], inside: bool
) -> None:
    assert within(window, installed) is inside


# What they show.


def result(
    proved: bool | None = True,
    refuted: bool | None = True,
    reason: str | None = None,
    database: str = "sqlite",
) -> Result:
    return Result(RULE.name, "depends", database, proved, refuted, None, 0.5, reason)


GOOD = result()
FAILED = result(False, None, "proof failed: TypeError")
STILL_PASSES = result(True, False, "proof still passes")
UNOBSERVED = result(True, True, "not observed")
NOT_TRIED = result(None, None, "no server", "postgresql")
STALE = result(True, None, "does not fit")

JUDGED: list[tuple[Mapping[str, str], list[Result], Says, str | None]] = [
    (NEWEST, [GOOD], "applies", None),
    (NEWEST, [GOOD, result(database="postgresql")], "applies", None),
    (NEWEST, [FAILED], "disagrees", "inside its window, on sqlite: proof failed: TypeError"),
    (NEWEST, [GOOD, NOT_TRIED], "disagrees", "inside its window, on postgresql: no server"),
    (NEWEST, [UNOBSERVED], "disagrees", "inside its window, on sqlite: not observed"),
    (OLD_FASTAPI, [FAILED], "does not apply", "on sqlite: proof failed: TypeError"),
    (OLD_FASTAPI, [STILL_PASSES], "does not apply", "on sqlite: proof still passes"),
    (OLD_FASTAPI, [GOOD], "disagrees", "outside its window, but proved and refuted on sqlite"),
    (
        OLD_FASTAPI,
        [UNOBSERVED],
        "disagrees",
        "outside its window, but proved and refuted on sqlite: not observed",
    ),
    (
        OLD_FASTAPI,
        [FAILED, result(database="postgresql")],
        "disagrees",
        "outside its window, but proved and refuted on postgresql",
    ),
    (
        OLD_FASTAPI,
        [FAILED, NOT_TRIED],
        "disagrees",
        "outside its window, and not tried on postgresql: no server",
    ),
    (
        OLD_FASTAPI,
        [STALE],
        "disagrees",
        "outside its window, and not tried on sqlite: does not fit",
    ),
]


@pytest.mark.parametrize(("installed", "results", "says", "reason"), JUDGED)
def test_results_are_compared_with_the_window(
    installed: Mapping[str, str], results: list[Result], says: Says, reason: str | None
) -> None:
    inside = installed is NEWEST

    assert judge(RULE, installed, (), results) == Verdict(RULE.name, inside, says, reason)


def test_a_rule_of_other_databases_is_not_judged() -> None:
    assert judge(RULE, NEWEST, (), []) is None
    assert judge(RULE, OLD_FASTAPI, (FASTAPI,), []) is None


def test_where_the_service_cannot_run_only_the_reason_is_judged() -> None:
    needs = (FASTAPI,)
    reason = "the service needs FastAPI >= 0.121"

    outside = judge(RULE, OLD_FASTAPI, needs, [FAILED])
    still_good = judge(RULE, OLD_FASTAPI, needs, [GOOD])
    inside = judge(ANYWHERE, OLD_FASTAPI, needs, [])
    elsewhere = judge(CLIENT, OLD_FASTAPI | {"httpx": "0.27.2"}, needs, [])

    assert outside is not None
    assert outside.says == "does not apply"
    assert still_good is not None
    assert still_good.says == "disagrees"
    assert inside == Verdict(ANYWHERE.name, True, "cannot run", reason)
    assert elsewhere == Verdict(CLIENT.name, False, "cannot run", reason)


def test_a_rule_of_wider_window_than_the_service_cannot_be_run() -> None:
    wide = replace(RULE, window=(Requirement("FastAPI", (Comparator(">=", "0.100"),)),))

    verdict = judge(wide, OLD_FASTAPI, (FASTAPI, HTTPX), [FAILED])

    reason = "the service needs FastAPI >= 0.121; httpx >= 0.28"
    assert verdict == Verdict(RULE.name, True, "cannot run", reason)


# When it commits.

BEFORE, AFTER = "commit, then response", "response, then commit"
ORDER = next(rule for rule in RULES if rule.name == ORDER_RULE)
ORDER_TEXT = (ROOT / "references/session.md").read_text(encoding="utf-8")
STATED = [
    ("0.105.0", AFTER, None),
    ("0.106.0", BEFORE, None),
    ("0.117.1", BEFORE, None),
    ("0.118.0", AFTER, None),
    ("0.120.4", AFTER, None),
    ("0.121.0", AFTER, BEFORE),
    ("0.165.0", AFTER, BEFORE),
]


def order_on(version: str, default: str | None, function: str | None) -> CommitOrder:
    seen = {"default": default, "function": function}
    return judge_order(seen, ORDER, ORDER_TEXT, {"fastapi": version})


def test_the_table_of_orders_is_read_as_it_stands() -> None:
    assert [(str(part), order) for part, order in stated_orders(ORDER_TEXT)] == [
        ("FastAPI < 0.106", AFTER),
        ("FastAPI >= 0.106, < 0.118", BEFORE),
        ("FastAPI >= 0.118, < 0.121", AFTER),
        ("FastAPI >= 0.121", AFTER),
    ]


@given(versions)
def test_the_table_of_orders_has_one_row_for_each_release(version: str) -> None:
    rows = [part for part, _ in stated_orders(ORDER_TEXT) if part.holds(f"0.{version}")]

    assert len(rows) == 1


@pytest.mark.parametrize(("version", "default", "function"), STATED)
def test_orders_agree_when_they_are_the_stated_ones(
    version: str, default: str, function: str | None
) -> None:
    other = {BEFORE: AFTER, AFTER: BEFORE}

    assert order_on(version, default, function).agrees
    assert not order_on(version, other[default], function).agrees
    assert not order_on(version, default, AFTER).agrees
    assert not order_on(version, default, None if function else BEFORE).agrees
    assert not order_on(version, None, function).agrees


def test_an_order_that_the_text_does_not_state_agrees_with_nothing() -> None:
    seen = {"default": AFTER, "function": BEFORE}
    twice = ORDER_TEXT + "\n| >= 0.160 | commit, then response | |\n"

    for text in ("", twice):
        order = judge_order(seen, ORDER, text, NEWEST)

        assert order == CommitOrder(AFTER, BEFORE, None, True)
        assert not order.agrees


# All of it.


TESTS = ServiceTests("depends", "sqlite", 3, 0, 0, 1.5)


def tried(
    releases: ReleaseSet,
    installed: Mapping[str, str],
    *verdicts: Verdict,
    needs: tuple[Requirement, ...] = (),
    tests: tuple[ServiceTests, ...] = (),
    order: CommitOrder | None = None,
) -> Tried:
    return Tried(releases, installed, needs, verdicts, (GOOD,), tests, order, 12.34)


OUTSIDE = Verdict(RULE.name, False, "does not apply", "on sqlite: proof failed")
INSIDE = Verdict(RULE.name, True, "applies")
CANNOT = Verdict(ANYWHERE.name, True, "cannot run", "the service needs FastAPI >= 0.121")
EVERYWHERE = Verdict(ANYWHERE.name, True, "applies")
OLD = tried(
    ReleaseSet("FastAPI", "0.118.*"),
    OLD_FASTAPI,
    OUTSIDE,
    CANNOT,
    needs=(FASTAPI,),
    order=order_on("0.118.0", AFTER, None),
)
LATEST = tried(
    ReleaseSet(),
    NEWEST,
    INSIDE,
    EVERYWHERE,
    tests=(TESTS,),
    order=order_on("0.165.0", AFTER, BEFORE),
)
MATRIX = Matrix((RULE, ANYWHERE), (OLD, LATEST), {"schema_version": 1, "results": []}, "<html>")


def test_what_is_shown_from_both_sides_is_not_told() -> None:
    assert not_shown((RULE, ANYWHERE), (OLD, LATEST)) == []


def test_a_rule_that_is_nowhere_seen_to_apply_is_told() -> None:
    assert not_shown((RULE, ANYWHERE), (OLD,)) == [
        "sums/adds: no set of releases shows that it applies",
        "sums/anywhere: no set of releases shows that it applies",
    ]


def test_an_edge_that_is_seen_from_inside_only_is_told() -> None:
    window = (Requirement("FastAPI", (Comparator(">=", "0.121"), Comparator("<", "0.200"))),)
    rule = replace(RULE, window=window)
    cannot = tried(OLD.releases, OLD_FASTAPI, replace(OUTSIDE, says="cannot run"))

    assert not_shown((rule,), (OLD, LATEST)) == [
        "sums/adds: no set of releases shows that it ends at FastAPI < 0.200"
    ]
    assert not_shown((rule,), (cannot, LATEST)) == [
        f"sums/adds: no set of releases shows that it ends at FastAPI {bound}"
        for bound in (">= 0.121", "< 0.200")
    ]


def test_an_edge_of_what_evidence_does_not_name_is_told() -> None:
    rule = replace(RULE, window=(FASTAPI, Requirement("alembic", (Comparator(">=", "1.16"),))))

    assert not_shown((rule,), (OLD, LATEST)) == [
        "sums/adds: no set of releases shows that it ends at alembic >= 1.16"
    ]


def test_a_rule_that_disagrees_or_was_not_asked_for_is_not_told_twice() -> None:
    wrong = tried(ReleaseSet(), NEWEST, replace(INSIDE, says="disagrees"))

    assert not_shown((RULE,), (wrong,)) == []
    assert not_shown((CLIENT,), (OLD, LATEST)) == []


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


@pytest.mark.network
def test_a_rule_is_tried_on_real_releases_on_both_sides_of_its_edge(tmp_path: Path) -> None:
    request = Request(ROOT, (ORDER_RULE,), ("sqlite",), jobs=2)
    environments = tmp_path / "environments"
    sets = (ReleaseSet("FastAPI", "0.118.0"), ReleaseSet())

    matrix = verify_releases(request, environments, sets=sets)

    old, latest = matrix.tried
    assert matrix.good, matrix.to_table()
    assert old.installed["fastapi"] == "0.118.0"
    assert [str(need) for need in old.needs] == ["fastapi >= 0.121"]
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
