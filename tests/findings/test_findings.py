"""Findings: told once in every form, whatever their paths hold, and compared with a baseline."""

import json
import subprocess
import sys
import unicodedata
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from async_db.findings import (
    FORMATS,
    BaselineError,
    Finding,
    MergedFinding,
    as_github,
    as_json,
    as_sarif,
    as_text,
    baseline_text,
    fingerprint,
    format_findings,
    merged,
    new_findings,
    read_baseline,
)

RULE = "session/commit-before-response"
FOUND = Finding(
    rule=RULE,
    grade="proven",
    path="app/api/orders.py",
    line=42,
    message="The response was sent before the commit.",
    advice='Give the dependency `scope="function"`.',
    test="tests/test_orders.py::test_create",
    route="POST /orders/{id}",
    evidence=("response.start 201", "commit"),
)
READ = Finding(RULE, "suspected", "app/api/users.py", 7, "It may commit late.", "Look at it.")
REVIEW = Finding("engine/one-per-process", "review", "app/db.py", 3, "Two engines.", "Keep one.")

HOSTILE = (
    "::error::no",
    "\n::error::no\n",
    "a ##[add-mask]b",
    "a\r\nb,c=d%0A.py",
    "\x1b[2J\x00\x7f\x85\x9b\u2028\u2029\x0b\x0c\x1c",
    "\udcff.py",
    "\ud83d\ude00\ud800",  # two halves that are no pair, and one that nothing encodes
    "\u202egp.exe",
    "/etc/p#?.py",
    "C:\\app\\x.py",
    "",
)

any_text = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(), max_size=20),
    st.text(st.sampled_from(":#[]%,\n\r\t \\\udcff\x1bab1"), max_size=20),
)
any_finding = st.builds(
    Finding,
    rule=st.one_of(st.just(RULE), any_text),
    grade=st.sampled_from(["proven", "suspected", "review"]),
    path=any_text,
    line=st.integers(0, 3),
    message=any_text,
    advice=any_text,
    test=any_text,
    route=any_text,
    evidence=st.lists(any_text, max_size=2).map(tuple),
)
any_findings = st.lists(any_finding, max_size=5)


def sarif(*findings: Finding, rules: dict[str, str] | None = None) -> Any:
    return json.loads(as_sarif(findings, "audit", rules or {}))["runs"][0]


def location(path: str) -> Any:
    [result] = sarif(replace(FOUND, path=path))["results"]
    return result["locations"][0]["physicalLocation"]["artifactLocation"]


# Merging


def test_the_same_finding_of_several_tests_is_one_with_the_first_tests_evidence() -> None:
    first = replace(FOUND, test="a", evidence=("of a",))
    second = replace(FOUND, test="b", evidence=("of b",))

    assert merged([second, first, second]) == [MergedFinding(first, 2)]


def test_a_finding_without_a_test_counts_none() -> None:
    assert merged([READ, READ]) == [MergedFinding(READ, 0)]


@pytest.mark.parametrize("field", ["rule", "grade", "path", "line", "message", "route"])
def test_what_differs_otherwise_is_not_merged(field: str) -> None:
    other: dict[str, Any] = {"grade": "review", "line": 43}
    different = replace(FOUND, **{field: other.get(field, "another")})

    assert len(merged([FOUND, different])) == 2


def test_the_surest_comes_first_within_a_rule() -> None:
    grades = [each.finding.grade for each in merged([replace(READ, grade="review"), READ, FOUND])]

    assert grades == ["proven", "suspected", "review"]


# Text


def test_text_reads_as_documented() -> None:
    again = replace(FOUND, test="tests/test_orders.py::test_refused", evidence=("not told",))

    assert as_text([READ, again, REVIEW, FOUND]) == (
        "engine/one-per-process          1 review               1 place\n"
        "session/commit-before-response  1 proven, 1 suspected  2 places\n"
        "\n"
        "engine/one-per-process\n"
        "\n"
        "  app/db.py:3  review\n"
        "    Two engines.\n"
        "    -> Keep one.\n"
        "\n"
        "session/commit-before-response\n"
        "\n"
        "  app/api/orders.py:42  proven\n"
        "    POST /orders/{id} in 2 tests, such as tests/test_orders.py::test_create\n"
        "    The response was sent before the commit.\n"
        '    -> Give the dependency `scope="function"`.\n'
        "      | response.start 201\n"
        "      | commit\n"
        "\n"
        "  app/api/users.py:7  suspected\n"
        "    It may commit late.\n"
        "    -> Look at it.\n"
    )


def test_text_says_when_there_is_nothing() -> None:
    assert as_text([]) == "No findings.\n"


def test_text_names_a_test_where_no_route_is_known() -> None:
    assert "    met in a::b\n" in as_text([replace(FOUND, route="", test="a::b")])


def test_text_fits_the_terminal_and_cuts_long_evidence() -> None:
    statement = "SELECT  a,\n" + "column, " * 500
    lines = as_text(
        [replace(FOUND, message="word " * 100, advice="do " * 100, evidence=(statement, "x" * 900))]
    ).splitlines()

    assert max(map(len, lines)) <= 100
    evidence = [line for line in lines if line.startswith("      |")]
    assert len(evidence) == 1 + 4 + 4
    assert evidence[0] == "      | SELECT  a,"
    assert evidence[4].endswith(" …")


def test_text_keeps_a_long_path_whole() -> None:
    path = "a-long-folder/" * 12 + "x.py"

    assert f"  {path}:42  proven\n" in as_text([replace(FOUND, path=path)])


@given(any_findings)
@example([replace(FOUND, path=hostile, rule=hostile, message=hostile) for hostile in HOSTILE])
def test_text_holds_nothing_that_a_terminal_or_runner_obeys(findings: list[Finding]) -> None:
    text = as_text(findings)

    obeyed = {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert obeyed <= {"\n"}
    assert not [line for line in text.split("\n") if line.lstrip().startswith("::")]
    assert "##[" not in text


# JSON


def test_json_has_the_form_that_is_documented() -> None:
    common = {"rule": RULE, "advice": "Look at it."}

    assert json.loads(as_json([READ, FOUND])) == {
        "schema_version": 1,
        "findings": [
            {
                "rule": RULE,
                "grade": "proven",
                "path": "app/api/orders.py",
                "line": 42,
                "message": "The response was sent before the commit.",
                "advice": 'Give the dependency `scope="function"`.',
                "test": "tests/test_orders.py::test_create",
                "route": "POST /orders/{id}",
                "evidence": ["response.start 201", "commit"],
            },
            {
                **common,
                "grade": "suspected",
                "path": "app/api/users.py",
                "line": 7,
                "message": "It may commit late.",
            },
        ],
    }


@given(any_findings)
@example([replace(FOUND, path=hostile) for hostile in HOSTILE])
def test_json_parses_back_anywhere(findings: list[Finding]) -> None:
    text = as_json(findings)

    assert text.isascii()
    told_back = json.loads(text)["findings"]
    # A lone surrogate in it would be refused by other parsers than Python's.
    assert json.dumps(told_back, ensure_ascii=False).encode("utf-8")
    paths = Counter(finding["path"] for finding in told_back)
    assert paths == Counter(
        finding.path.encode("utf-8", "backslashreplace").decode() for finding in findings
    )


@given(any_findings, st.randoms(use_true_random=False))
def test_the_order_of_findings_changes_no_form(findings: list[Finding], random: Any) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)

    for form in FORMATS:
        assert format_findings(shuffled, form, tool="t", rules={}) == format_findings(
            findings, form, tool="t", rules={}
        )
    assert baseline_text(shuffled) == baseline_text(findings)


# SARIF


def test_sarif_has_the_form_that_is_documented() -> None:
    again = replace(FOUND, test="tests/test_orders.py::test_refused")
    text = as_sarif([FOUND, again], "observe", {RULE: "Commit first.", "a/unmet": "Never met."})

    assert json.loads(text) == {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "observe",
                        "rules": [
                            {
                                "id": "a/unmet",
                                "shortDescription": {"text": "Never met."},
                                "help": {"text": "references/a.md#unmet"},
                            },
                            {
                                "id": RULE,
                                "shortDescription": {"text": "Commit first."},
                                "help": {"text": "references/session.md#commit-before-response"},
                            },
                        ],
                    }
                },
                "results": [
                    {
                        "ruleId": RULE,
                        "ruleIndex": 1,
                        "level": "error",
                        "message": {
                            "text": "The response was sent before the commit.\n"
                            'Give the dependency `scope="function"`.'
                        },
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {
                                        "uri": "app/api/orders.py",
                                        "uriBaseId": "%SRCROOT%",
                                    },
                                    "region": {"startLine": 42},
                                }
                            }
                        ],
                        "partialFingerprints": {"asyncDbFinding/v1": fingerprint(FOUND)},
                        "properties": {
                            "grade": "proven",
                            "route": "POST /orders/{id}",
                            "test": "tests/test_orders.py::test_create",
                            "tests": 2,
                            "evidence": ["response.start 201", "commit"],
                        },
                    }
                ],
            }
        ],
    }


def test_sarif_levels_follow_the_grades() -> None:
    results = sarif(FOUND, READ, REVIEW)["results"]

    levels = {result["properties"]["grade"]: result["level"] for result in results}
    assert levels == {"proven": "error", "suspected": "warning", "review": "note"}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("app/a b#c?d%e.py", "app/a%20b%23c%3Fd%25e.py"),
        ("app\\api\\x.py", "app/api/x.py"),
        ("a:b.py", "a%3Ab.py"),
        ("größe.py", "gr%C3%B6%C3%9Fe.py"),
        ("\udcff.py", "%FF.py"),
        ("\ud800.py", "%ED%A0%80.py"),
        ("a\n.py", "a%0A.py"),
    ],
)
def test_sarif_encodes_a_path_inside_the_project(path: str, uri: str) -> None:
    assert location(path) == {"uri": uri, "uriBaseId": "%SRCROOT%"}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/srv/a b.py", "file:///srv/a%20b.py"),
        ("C:\\srv\\a b.py", "file:///C:/srv/a%20b.py"),
    ],
)
def test_sarif_gives_a_path_outside_the_project_in_full(path: str, uri: str) -> None:
    assert location(path) == {"uri": uri}


@given(any_findings, st.dictionaries(any_text, any_text, max_size=2))
@example([replace(FOUND, path=hostile, rule=hostile) for hostile in HOSTILE], {})
def test_sarif_parses_back_with_its_indexes_right(
    findings: list[Finding], rules: dict[str, str]
) -> None:
    text = as_sarif(findings, "audit", rules)

    assert text.isascii()
    run = json.loads(text)["runs"][0]
    assert json.dumps(run, ensure_ascii=False).encode("utf-8")
    assert len(run["results"]) == len(merged(findings))
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert unquote_to_bytes(place["artifactLocation"]["uri"]) is not None
        assert set(place["artifactLocation"]["uri"]).isdisjoint(' \\"<>#?[]\n')


# GitHub


def test_github_commands_have_the_form_that_is_documented() -> None:
    title = "title=session/commit-before-response"

    assert as_github([READ, replace(FOUND, test="a::b"), REVIEW]).splitlines() == [
        "::notice file=app/db.py,line=3,title=engine/one-per-process::Two engines.%0AKeep one.",
        (
            f"::error file=app/api/orders.py,line=42,{title}"
            "::The response was sent before the commit."
            '%0AGive the dependency `scope="function"`.%0APOST /orders/{id} in a::b'
        ),
        f"::warning file=app/api/users.py,line=7,{title}::It may commit late.%0ALook at it.",
    ]


def test_github_properties_and_messages_are_escaped() -> None:
    finding = replace(READ, path="a:b,c%d\r\n.py", message="1%, 2::3\r\nx\x1b", advice="")

    assert as_github([finding]) == (
        "::warning file=a%3Ab%2Cc%25d%0D%0A.py,line=7,title=session/commit-before-response"
        "::1%25, 2::3%0D%0Ax\\x1b\n"
    )


@given(any_findings)
@example([replace(FOUND, path=hostile, message=hostile) for hostile in HOSTILE])
def test_github_has_exactly_one_line_for_each_finding(findings: list[Finding]) -> None:
    text = as_github(findings)

    assert text.encode("utf-8").decode() == text
    lines = text.splitlines()
    assert len(lines) == text.count("\n") == len(merged(findings))
    for line, each in zip(lines, merged(findings), strict=True):
        empty, command, message = line.split("::", 2)
        assert not empty
        _, _, properties = command.partition(" ")
        path, number, title = (part.partition("=")[2] for part in properties.split(","))
        assert number == str(max(each.finding.line, 1))
        for escaped, whole in ((path, each.finding.path), (title, each.finding.rule)):
            if whole.isprintable() and "\\" not in whole:
                assert unquote_to_bytes(escaped).decode() == whole
        if each.finding.message.isprintable():
            assert unquote_to_bytes(message).decode().startswith(each.finding.message)


# Choosing


def test_format_findings_picks_the_form() -> None:
    rules = {RULE: "Commit first."}

    assert [format_findings([FOUND], form, tool="audit", rules=rules) for form in FORMATS] == [
        as_text([FOUND]),
        as_json([FOUND]),
        as_sarif([FOUND], "audit", rules),
        as_github([FOUND]),
    ]


def test_format_findings_names_the_forms_there_are() -> None:
    with pytest.raises(ValueError, match="'xml': one of text, json, sarif, github"):
        format_findings([], "xml", tool="audit", rules={})


# Fingerprints and baselines


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 statements in 0.25 s", "12 statements in 1,234.5 s"),
        ("session 0x7f3a00ff is shared", "session 0x7F0012ab is shared"),
        (
            "order 6ba7b810-9dad-11d1-80b4-00c04fd430c8 is gone",
            "order f81d4fae-7dec-11d0-a765-00a0c91e6bf6 is gone",
        ),
    ],
)
def test_a_fingerprint_outlives_counts_and_addresses(one: str, other: str) -> None:
    assert fingerprint(replace(READ, message=one)) == fingerprint(replace(READ, message=other))


def test_a_fingerprint_outlives_moved_lines_other_tests_and_systems() -> None:
    moved = replace(
        FOUND, line=1, test="", evidence=(), advice="", grade="review", path="app\\api\\orders.py"
    )

    assert fingerprint(moved) == fingerprint(FOUND)


def test_a_fingerprint_is_the_same_in_every_release() -> None:
    # Were this to change, every baseline in every service would be worth nothing.
    assert fingerprint(FOUND) == "ab3583c179443297"


@pytest.mark.parametrize("field", ["rule", "path", "route", "message"])
def test_a_fingerprint_tells_findings_apart(field: str) -> None:
    assert fingerprint(replace(FOUND, **{field: "another"})) != fingerprint(FOUND)  # type: ignore[arg-type]


def test_the_parts_of_a_fingerprint_do_not_run_together() -> None:
    one, other = replace(READ, path="a", route="bc"), replace(READ, path="ab", route="c")

    assert fingerprint(one) != fingerprint(other)


def test_a_baseline_has_the_form_that_is_documented() -> None:
    elsewhere = replace(FOUND, line=50)
    again = replace(FOUND, test="another")

    assert json.loads(baseline_text([FOUND, again, elsewhere, READ])) == {
        "schema_version": 1,
        "known": [
            {
                "rule": RULE,
                "path": "app/api/orders.py",
                "message": "The response was sent before the commit.",
                "route": "POST /orders/{id}",
                "count": 2,
                "fingerprint": fingerprint(FOUND),
            },
            {
                "rule": RULE,
                "path": "app/api/users.py",
                "message": "It may commit late.",
                "count": 1,
                "fingerprint": fingerprint(READ),
            },
        ],
    }


@given(any_findings)
def test_nothing_is_new_to_its_own_baseline(
    tmp_path_factory: pytest.TempPathFactory, findings: list[Finding]
) -> None:
    path = tmp_path_factory.getbasetemp() / "baseline.json"
    path.write_text(baseline_text(findings), encoding="utf-8")
    baseline = read_baseline(path)

    assert new_findings(findings, baseline) == []
    assert new_findings(findings, {}) == findings
    another = replace(FOUND, rule="not/known")
    assert new_findings([*findings, another], baseline) == [another]


def test_only_the_surplus_is_new() -> None:
    low, middle = replace(FOUND, line=10, grade="review"), replace(FOUND, line=50)
    high = replace(FOUND, line=90)

    allowed = Counter({fingerprint(FOUND): 1})
    assert new_findings([high, low, middle], allowed) == [high, middle]


def test_more_tests_of_a_known_place_are_nothing_new() -> None:
    tests = [replace(FOUND, test=name) for name in "abc"]

    assert new_findings(tests, Counter({fingerprint(FOUND): 1})) == []


def test_all_tests_of_a_new_place_are_told() -> None:
    tests = [replace(FOUND, test=name, line=99) for name in "ab"]

    assert new_findings([FOUND, *tests], Counter({fingerprint(FOUND): 1})) == tests


def entry(**changed: object) -> str:
    return json.dumps(
        {"schema_version": 1, "known": [{"fingerprint": "ab", "count": 1, **changed}]}
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "Expecting value"),
        ("\x00", "Expecting value"),
        ("[]", 'no object with a "schema_version" and a list "known"'),
        ('{"schema_version": 1, "known": {}}', "no object with"),
        ('{"schema_version": 2, "known": []}', '"schema_version" is 2, not 1'),
        ('{"schema_version": true, "known": []}', '"schema_version" is True, not 1'),
        (entry(count=0), "entry 1 lacks"),
        (entry(count=True), "entry 1 lacks"),
        (entry(count="1"), "entry 1 lacks"),
        (entry(fingerprint=None), "entry 1 lacks"),
        (entry(fingerprint=""), "entry 1 lacks"),
        (
            json.dumps({"schema_version": 1, "known": [{"fingerprint": "ab", "count": 1}] * 2}),
            "entry 2 of ab repeats an earlier one",
        ),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_baseline_is_refused_in_one_line(
    tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(BaselineError) as caught:
        read_baseline(path)

    message = str(caught.value)
    assert message.startswith(f"{path}: not a baseline: ")
    assert reason in message
    assert message.isprintable()


def test_a_baseline_of_other_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(b'{"\xff\xfa": 1}')

    with pytest.raises(BaselineError, match=r"not a baseline: .*decode"):
        read_baseline(path)


def test_a_baseline_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"no\\n\.json: cannot be read: No such file"):
        read_baseline(tmp_path / "no\n.json")


# Where it runs


def test_it_runs_on_the_standard_library_alone(root: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from async_db.findings import Finding, FORMATS, format_findings\n"
        "found = [Finding('a/b', 'review', 'c.py', 1, 'm', 'd')]\n"
        "assert all(format_findings(found, form, tool='t', rules={}) for form in FORMATS)\n"
        "own = {n.partition('.')[0] for n in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(*sorted(own - {'__main__'}))\n"
    )
    done = subprocess.run(  # noqa: S603 (our own program, arguments as a list)
        [sys.executable, "-I", "-S", "-B", "-c", program, str(root / "scripts")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("async_db\n", "")
