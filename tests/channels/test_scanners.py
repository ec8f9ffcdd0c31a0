"""What people scan skills with finds nothing in the shipped tree that is not answered for."""

import json
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

import pytest

from helpers.installed import called

ACCEPTED = Path(__file__).with_name("accepted.toml")


@pytest.mark.parametrize(
    "command",
    [
        ("--from", "skills-ref", "agentskills", "validate"),
        ("agnix", "--strict"),
        ("skillsaw", "lint", "--strict"),
    ],
    ids=lambda command: " ".join(command),
)
def test_linters_are_content(tree: Path, command: tuple[str, ...]) -> None:
    done = called("uvx", *command, str(tree), folder=tree.parent)
    assert done.returncode == 0, done.stdout + done.stderr


def test_skill_check_is_content(tree: Path, tools: Path) -> None:
    command = (str(tools / "skill-check"), "check", "--no-security-scan", str(tree))
    done = called(*command, folder=tree.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No diagnostics found" in done.stdout


def test_the_security_scanner_finds_what_is_accepted_with_a_reason(
    tree: Path, tmp_path: Path
) -> None:
    accepted = tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["finding"]
    assert all(each["reason"] for each in accepted)
    report = tmp_path / "report.json"
    command = ("skill-scanner", "scan", str(tree), "--policy", "strict", "--format", "json")
    done = called(
        *("uvx", "--from", "cisco-ai-skill-scanner", *command, "--output", str(report)),
        folder=tree.parent,
    )
    assert report.exists(), done.stdout + done.stderr

    scanned = json.loads(report.read_text(encoding="utf-8"))
    assert scanned["analyzers_used"]
    found = {(each["rule_id"], each["file_path"]) for each in scanned["findings"]}
    answered = {
        (rule, path): [each for each in accepted if _answers(each, rule, path)]
        for rule, path in found
    }
    assert [place for place, by in answered.items() if not by] == []
    used = [each for by in answered.values() for each in by]
    assert [each for each in accepted if each not in used] == []


def _answers(accepted: Mapping[str, str], rule: str, path: str) -> bool:
    return rule == accepted["rule"] and fnmatch(path, accepted["file"])
