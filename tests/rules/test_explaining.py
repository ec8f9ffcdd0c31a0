"""`verify.py --explain` tells a rule in full, in bounded length, and needs no package."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from async_db.rules import (
    MOST_CHARACTERS,
    CatalogueError,
    Rule,
    explained,
    explanation,
    rule_called,
)


def test_each_rule_is_told_with_its_story_its_diff_and_its_outcomes(
    root: Path, rules: tuple[Rule, ...]
) -> None:
    for rule in rules:
        told = explanation(rule, root, audited=False, everything=True)
        assert told.startswith(f"{rule.name}: {rule.claim}\n")
        assert rule.full.body in told
        assert (root / rule.counterexample).read_text("utf-8").strip() in told
        assert all(outcome.text in told for outcome in rule.outcomes)


def test_what_is_long_is_cut_and_says_so(root: Path, rules: tuple[Rule, ...]) -> None:
    lengths = []
    for rule in rules:
        told = explanation(rule, root, audited=True)
        lengths.append(len(explanation(rule, root, audited=True, everything=True)))
        assert len(told) <= MOST_CHARACTERS
        assert ("lines more: --all prints them" in told) is (lengths[-1] > MOST_CHARACTERS)
    assert max(lengths) > MOST_CHARACTERS


def test_a_rule_is_found_by_its_slug_and_a_wrong_name_gives_the_near_ones(
    rules: tuple[Rule, ...],
) -> None:
    assert rule_called("after-fork", rules).name == "engine/after-fork"
    with pytest.raises(CatalogueError, match=r"'after-forks'; close to it: .*after-fork"):
        rule_called("after-forks", rules)
    with pytest.raises(CatalogueError, match=r"no one rule is called 'xyz'$"):
        rule_called("xyz", rules)


def test_programs_are_given_the_same(root: Path, rules: tuple[Rule, ...]) -> None:
    rule = rule_called("session/commit-before-response", rules)
    data = explained(rule, root, audited=True)

    assert data["window"] == ["FastAPI >= 0.121"]
    assert data["caught_by"] == ["proof", "observe", "audit"]
    assert data["options"] == {"wiring": "every"}
    assert json.loads(json.dumps(data)) == data


@pytest.mark.parametrize(("name", "code"), [("engine/after-fork", 0), ("engine/none", 2)])
def test_it_needs_no_package(root: Path, tmp_path: Path, name: str, code: int) -> None:
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-S", str(root / "scripts/verify.py"), "--explain", name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == code
    assert bool(ran.stdout) is (code == 0)
    assert ran.stderr.startswith("verify: no one rule" if code else "")
    assert list(tmp_path.iterdir()) == []
