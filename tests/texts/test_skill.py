"""SKILL.md keeps to the Agent Skills specification (https://agentskills.io/specification)."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from async_db.scaffold import read_manifest

FRONTMATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
ALLOWED_KEYS = {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}


@pytest.fixture(scope="module")
def skill(root: Path) -> tuple[dict[str, str], str]:
    found = FRONTMATTER.match((root / "SKILL.md").read_text("utf-8"))
    assert found
    return yaml.safe_load(found[1]), found[2]


def commands(body: str) -> list[str]:
    return [line.strip() for line in body.splitlines() if re.match(r" {7}\S.*\$SKILL/", line)]


def test_the_frontmatter_is_valid(skill: tuple[dict[str, str], str]) -> None:
    fields, _ = skill
    assert set(fields) <= ALLOWED_KEYS
    assert fields["name"] == "fastapi-async-sqlalchemy-modernization"
    assert len(fields["name"]) <= 64
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fields["name"])
    assert 0 < len(fields["description"]) < 500
    assert "Use when" in fields["description"]
    assert "Not for" in fields["description"]
    assert len(fields["compatibility"]) <= 500


def test_it_is_short(root: Path) -> None:
    """Two thousand tokens, of which one is at least 3.6 characters of such a text."""
    assert len((root / "SKILL.md").read_text("utf-8")) <= 2000 * 3.6


def test_every_reference_is_in_the_routing_table(
    root: Path, skill: tuple[dict[str, str], str]
) -> None:
    references = sorted((root / "references").glob("*.md"))
    assert references
    for path in references:
        assert f"(references/{path.name})" in skill[1]


def test_commands_name_scripts_and_layers_that_exist(
    root: Path, skill: tuple[dict[str, str], str]
) -> None:
    layers = read_manifest(root / "templates").layers
    assert commands(skill[1])
    for command in commands(skill[1]):
        words = shlex.split(command, comments=True)
        if words[0] == "PYTHONDONTWRITEBYTECODE=1":  # in the environment of the project
            folder = words[1].removeprefix("PYTHONPATH=$SKILL/")
            assert (root / folder / f"{words[words.index('-p') + 1]}.py").is_file(), command
            continue
        # The audit, and what only reads the pack, need nothing that a project could lack.
        assert words[:2] == ["uv", "run"] or words[0] == "python3", command
        script = words[2 if words[0] == "uv" else 1]
        assert (root / script.removeprefix("$SKILL/")).is_file(), command
        assert words[0] == "uv" or script.endswith("/audit.py"), command
        if script.endswith("/render.py") and "--only" in words:
            assert set(words[words.index("--only") + 1].split(",")) <= set(layers)


def test_the_form_of_an_id_is_the_one_that_is_tried(root: Path) -> None:
    tried = (root / "tests/texts/test_stated_facts_of_requests.py").read_text("utf-8")
    forms = re.findall(r"^OrderId = (.+)$", tried, re.MULTILINE)
    assert len(forms) == 1
    assert f"`{forms[0]}`" in (root / "references/migrating.md").read_text("utf-8")
