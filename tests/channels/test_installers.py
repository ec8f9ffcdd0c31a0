"""Each installer brings the skill, and it works where it then lies, without a network."""

import shutil
from pathlib import Path

import pytest

from helpers.installed import NAME, audits, called


def test_a_plain_copy(tree: Path, service: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tree, copy)

    assert audits(copy, service)


def test_a_repository_of_skills(tree: Path, service: Path) -> None:
    """The layout that `gh skill` reads: `skills/<name>/`."""
    assert [path.name for path in tree.parent.parent.glob("skills/*")] == [NAME]
    assert (tree / "SKILL.md").is_file()

    assert audits(tree, service)


@pytest.mark.parametrize(
    ("agent", "place"), [("claude-code", ".claude/skills"), ("codex", ".agents/skills")]
)
def test_skills_add(tree: Path, tools: Path, service: Path, agent: str, place: str) -> None:
    done = called(
        *(str(tools / "skills"), "add", str(tree), "--yes", "--copy", "--agent", agent),
        folder=service,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    assert audits(service / place / NAME, service)


def test_claudes_plugin(tree: Path, tools: Path, service: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()

    def claude(*arguments: str) -> str:
        command = (str(tools / "claude"), "plugin", *arguments)
        done = called(*command, folder=service, environment={"HOME": str(home)})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    claude("validate", "--strict", str(tree))
    claude("validate", "--strict", str(tree / ".claude-plugin/plugin.json"))
    claude("marketplace", "add", str(tree))
    plugin = "fastapi-async-sqlalchemy"
    claude("install", f"{plugin}@{plugin}")
    assert f"Skills (1)  {NAME}" in claude("details", plugin)

    (installed,) = home.rglob("SKILL.md")
    assert audits(installed.parent, service)
