"""Each detector finds what its annotated cases say, at that line and with that grade, and no more.

A case is a file, or several: `# --- path` begins each. `# expect: grade` stands on the line of a
finding, and `# requires: name==version` at the top says what the project declares.
"""

import re
from pathlib import Path

import pytest

from async_db.auditing import RULES, Service, findings_of
from async_db.target import read_project

CASES = Path(__file__).resolve().parent.parent / "audit"
EVERY = sorted(CASES.glob("*/*/*.py"))
_EXPECTED = re.compile(r"# expect: (\w+)")

Expected = set[tuple[str, int, str]]


def written(case: Path, folder: Path) -> Expected:
    """Write the files of a case, and give what is expected in them."""
    expected: Expected = set()
    place, lines = "service.py", []
    files: dict[str, list[str]] = {}
    for text in case.read_text().splitlines():
        if text.startswith("# requires: "):
            wanted = text.removeprefix("# requires: ").split()
            (folder / "requirements.txt").write_text("\n".join(wanted))
        elif text.startswith("# --- "):
            place = text.removeprefix("# --- ")
            lines = files.setdefault(place, [])
        else:
            lines = files.setdefault(place, [])
            lines.append(text)
            if found := _EXPECTED.search(text):
                expected.add((place, len(lines), found[1]))
    for place, lines in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
    return expected


@pytest.mark.parametrize("case", EVERY, ids=lambda case: "/".join(case.parts[-3:]))
def test_what_a_case_says_is_found(case: Path, tmp_path: Path) -> None:
    rule = f"{case.parts[-3]}/{case.parts[-2]}"
    expected = written(case, tmp_path)
    assert bool(expected) == case.name.startswith("bad")

    found = findings_of(Service(read_project(tmp_path)), [rule])
    assert {(each.path, each.line, each.grade) for each in found} == expected
    assert all(each.message and each.advice and each.evidence for each in found)


@pytest.mark.parametrize("rule", RULES)
def test_good_cases_outnumber_bad_ones(rule: str) -> None:
    names = [case.name for case in (CASES / rule).glob("*.py")]
    bad = [name for name in names if name.startswith("bad")]
    assert bad
    assert len(names) > 2 * len(bad)


def test_every_case_is_of_a_rule_with_a_detector() -> None:
    assert {"/".join(case.parts[-3:-1]) for case in EVERY} == set(RULES)
