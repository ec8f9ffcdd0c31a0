"""Evidence: its JSON, its table, and how it gets to its file."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from async_db.proving.evidence.files import EvidenceError, check_writable, write_text
from async_db.proving.evidence.markdown import RELEASES_MARKS, shows_table, with_table
from async_db.proving.evidence.results import Evidence, Result, ServiceTests, installed_releases
from async_db.proving.evidence.table import MOST_CHARACTERS, evidence_table, printed_table

GOOD = Result("a/one", "depends", "sqlite", True, True, "409", 0.12345, observed=True, audited=True)
ELSEWHERE = replace(
    GOOD, wiring="container", refuted=None, observed=None, audited=None, refuted_on="depends"
)
MISSING = "tool is not installed: sudo apt-get install -y tools"
NOT_RUN = replace(
    GOOD,
    rule="c/three",
    proved=None,
    refuted=None,
    outcome=None,
    observed=None,
    audited=None,
    not_run=MISSING,
)
TESTS = ServiceTests("depends", "sqlite", 3, 0, 1, 1.5)
EVIDENCE = Evidence({"fastapi": "0.165.0"}, (GOOD,), (TESTS,))


def test_json_has_the_form_that_is_documented() -> None:
    wrong = replace(
        GOOD, refuted=None, outcome=None, observed=None, audited=None, reason="no counterexample"
    )

    content = json.loads(replace(EVIDENCE, results=(GOOD, wrong)).to_json())

    common = {"rule": "a/one", "wiring": "depends", "database": "sqlite", "proved": True}
    assert content == {
        "schema_version": 1,
        "releases": {"fastapi": "0.165.0"},
        "complete": True,
        "results": [
            {
                **common,
                "refuted": True,
                "outcome": "409",
                "seconds": 0.123,
                "observed": True,
                "audited": True,
            },
            {
                **common,
                "refuted": None,
                "outcome": None,
                "seconds": 0.123,
                "reason": "no counterexample",
                "observed": None,
                "audited": None,
            },
        ],
        "service_tests": [
            {
                "wiring": "depends",
                "database": "sqlite",
                "passed": 3,
                "failed": 0,
                "skipped": 1,
                "seconds": 1.5,
            }
        ],
    }


@pytest.mark.parametrize(
    ("evidence", "good"),
    [
        (EVIDENCE, True),
        (replace(EVIDENCE, service_tests=()), True),
        (replace(EVIDENCE, results=()), False),
        (replace(EVIDENCE, results=(replace(GOOD, proved=False),)), False),
        (replace(EVIDENCE, results=(replace(GOOD, refuted=None),)), False),
        (replace(EVIDENCE, results=(replace(GOOD, reason="not observed"),)), False),
        (replace(EVIDENCE, results=(GOOD, ELSEWHERE)), True),
        (replace(EVIDENCE, results=(GOOD, replace(ELSEWHERE, proved=None))), False),
        (replace(EVIDENCE, results=(GOOD, NOT_RUN)), True),
        (replace(EVIDENCE, results=(NOT_RUN,)), False),
        (replace(EVIDENCE, service_tests=(replace(TESTS, reason="failed"),)), False),
    ],
)
def test_evidence_is_good_when_all_of_it_is(evidence: Evidence, good: bool) -> None:
    assert evidence.good is good


def test_the_table_says_what_went_wrong() -> None:
    long = "fails, but with “" + "x | y\n" * 40 + "” instead"
    results = (
        GOOD,
        replace(GOOD, database="postgresql", refuted=False, reason=long),
        replace(GOOD, rule="b/two", proved=False, reason="no proof"),
    )
    tests = (TESTS, replace(TESTS, database="postgresql", passed=2, failed=1, reason="t: no"))

    table = evidence_table(Evidence({}, results, tests), ["sqlite", "postgresql"])

    lines = table.splitlines()
    assert [line.split(" | ")[0].strip("| ") for line in lines[:5]] == [
        "rule",
        "-" * len("the service's own tests"),
        "a/one",
        "b/two",
        "the service's own tests",
    ]
    assert len({len(line) for line in lines[:5]}) == 1
    assert "x \\| y x \\| y" in lines[2]
    assert "… " in lines[2]
    assert [cell.strip() for cell in lines[3].split("|")[1:5]] == [
        "b/two",
        "depends",
        "no proof",
        "–",
    ]
    cells = [cell.strip() for cell in lines[4].split("|")[2:5]]
    assert cells == ["depends", "3 passed, 1 skipped", "2 passed, 1 failed, 1 skipped"]
    assert lines[5:] == [
        "",
        f"- a/one on PostgreSQL (depends): {' '.join(long.split())}",
        "- the service's own tests on PostgreSQL (depends): t: no",
    ]


def test_a_rule_of_several_wirings_has_one_row() -> None:
    wrong = replace(ELSEWHERE, proved=False, reason="proof failed: no")

    good, bad = (
        evidence_table(Evidence({}, results, ()), ["sqlite"]).splitlines()
        for results in ((GOOD, ELSEWHERE), (GOOD, wrong))
    )

    assert good[2:] == ["| a/one | 2 wirings | proved, refuted, observed, audited |"]
    assert bad[2:] == ["| a/one | 2 wirings | container: proof failed: no |"]


def test_what_goes_wrong_on_several_wirings_is_told_of_each() -> None:
    wrong = (
        replace(GOOD, proved=False, reason="no proof"),
        replace(ELSEWHERE, proved=False, reason="no proof"),
    )

    lines = evidence_table(Evidence({}, wrong, ()), ["sqlite"]).splitlines()

    assert lines[2] == "| a/one | 2 wirings | depends: no proof |"
    assert lines[3:] == ["", "- a/one on SQLite (container): no proof"]


def test_what_is_proved_but_refuted_elsewhere_is_not_called_refuted() -> None:
    table = evidence_table(Evidence({}, (ELSEWHERE,), ()), ["sqlite"])

    assert table.splitlines()[2] == "| a/one | container | proved |"


def test_what_was_not_run_is_told_with_the_line_that_installs_it() -> None:
    evidence = Evidence({}, (GOOD, NOT_RUN), ())

    lines = evidence_table(evidence, ["sqlite"]).splitlines()

    assert lines[3] == "| c/three | depends | not run                            |"
    assert lines[4:] == ["", f"- c/three on SQLite (depends): not run: {MISSING}"]
    assert evidence.summary_of_not_run() == [f"not run: 1 of 2 trials: {MISSING}"]
    content = json.loads(evidence.to_json())
    assert content["complete"] is False
    assert [result.get("not_run") for result in content["results"]] == [None, MISSING]


SHOWN = "<!-- evidence -->\n| a | b |\n| - | - |\n| x | proved  |\n<!-- /evidence -->\n"


@pytest.mark.parametrize(
    ("row", "unknown", "shows"),
    [
        ("| x | proved  |", None, True),
        ("| x | proved |", None, False),
        ("| x | proved |", "?", True),
        ("| x | ? |", "?", True),
        ("| x | failed |", "?", False),
        ("| y | ? |", "?", False),
        ("| x | ? |\n| y | ? |", "?", False),
        ("| x | ? | ? |", "?", False),
    ],
)
def test_a_table_is_compared_as_far_as_it_is_known(
    row: str, unknown: str | None, shows: bool
) -> None:
    table = f"| a | b |\n| - | - |\n{row}\n"

    assert shows_table(SHOWN, table, unknown=unknown) is shows


def test_a_good_table_has_nothing_below_it() -> None:
    assert (
        evidence_table(EVIDENCE, ["sqlite"])
        .splitlines()[-1]
        .startswith("| the service's own tests |")
    )


def test_evidence_replaces_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "real.json"
    target.write_text("old", encoding="utf-8")
    link = tmp_path / "evidence.json"
    link.symlink_to(target)

    check_writable(link)
    assert target.read_text(encoding="utf-8") == "old"
    write_text(EVIDENCE.to_json(), link)

    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == EVIDENCE.to_json()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evidence.json", "real.json"]
    mask = os.umask(0o022)
    os.umask(mask)
    assert target.stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".", "not a regular file"),
        ("nowhere/evidence.json", "cannot be written: No such file or directory"),
        ("file/evidence.json", "cannot be written: Not a directory"),
    ],
)
def test_where_nothing_can_be_written_it_says_so(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(EvidenceError, match=message):
        check_writable(tmp_path / name)
    if name != ".":
        with pytest.raises(EvidenceError, match=message):
            write_text(EVIDENCE.to_json(), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_table_goes_between_its_marks() -> None:
    text = "above\n<!-- evidence -->\nold\n<!-- /evidence -->\nbelow\n"

    changed = with_table(text, "| new |\n")

    assert changed == "above\n<!-- evidence -->\n| new |\n<!-- /evidence -->\nbelow\n"
    assert with_table(changed, "| new |\n") == changed
    with pytest.raises(EvidenceError, match="<!-- releases -->"):
        with_table(text, "| new |\n", RELEASES_MARKS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- evidence -->",
        "<!-- /evidence --> <!-- evidence -->",
        "<!-- evidence --> <!-- /evidence --> <!-- evidence --> <!-- /evidence -->",
    ],
)
def test_a_text_without_the_marks_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError, match="no place for the table"):
        with_table(text, "| new |\n")


def test_releases_are_those_installed() -> None:
    releases = installed_releases("18.4")

    assert {"fastapi", "sqlalchemy", "asyncpg", "aiosqlite", "pytest", "python"} < releases.keys()
    assert releases["postgresql"] == "18.4"
    assert "postgresql" not in installed_releases(None)


def test_a_long_table_is_printed_without_what_is_as_it_should_be() -> None:
    results = tuple(replace(GOOD, rule=f"a/{'long-' * 12}{number}") for number in range(90))
    wrong = replace(GOOD, rule="a/wrong", proved=False, reason="it failed")
    evidence = Evidence({}, (*results, wrong), ())

    table = evidence_table(evidence, ["sqlite"])
    shown = printed_table(evidence, ["sqlite"], everything=False)
    assert len(table) > MOST_CHARACTERS
    assert printed_table(evidence, ["sqlite"], everything=True) == table
    assert "a/wrong" in shown
    assert "90 rules more are as they should be: --all" in shown
    few = replace(evidence, results=results[:2])
    assert printed_table(few, ["sqlite"], everything=False) == evidence_table(few, ["sqlite"])


def test_a_long_table_of_what_is_wrong_is_cut() -> None:
    wrong = replace(GOOD, proved=False, reason="it failed " * 50)
    results = tuple(replace(wrong, rule=f"a/{number}") for number in range(90))

    shown = printed_table(Evidence({}, results, ()), ["sqlite"], everything=False)
    assert len(shown) <= MOST_CHARACTERS
    assert shown.splitlines()[-1].endswith(" lines more: --all")
