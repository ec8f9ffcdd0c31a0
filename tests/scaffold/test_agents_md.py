"""The index of the rules in a project's AGENTS.md."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.rules import ShortText, load_short_texts
from async_db.scaffold import Given, Job, Wish, WriteError, prepare, unified_diff, write
from async_db.scaffold.agents_md import (
    BEGIN,
    END,
    MOST_BYTES,
    index_of,
    with_index,
    without_index,
)
from helpers.rendered import MANIFEST, TEMPLATES

INDEX = f"{BEGIN}\nread\n{END}\n"


@pytest.fixture(scope="module")
def rules(root: Path) -> tuple[ShortText, ...]:
    return load_short_texts(root / "references")


def job(target: Path, removing: bool = False) -> Job:
    return prepare(
        TEMPLATES, MANIFEST, Wish(target, True, ["agents-md"], Given(), removing=removing)
    )


def test_it_is_short_and_names_every_topic(root: Path, rules: tuple[ShortText, ...]) -> None:
    index = index_of(rules, root, Path("/a/rather/long/way/to/the/project/of/somebody"))
    assert len(index.encode()) < MOST_BYTES
    for rule in rules:
        assert f"- `{rule.text.path.name}`, " in index
    assert "where it is about this" not in index
    assert f"`{root.as_posix()}/SKILL.md`" in index


def test_it_names_a_pack_inside_the_project_from_there(
    tmp_path: Path, rules: tuple[ShortText, ...]
) -> None:
    index = index_of(rules, tmp_path / ".claude/skills/pack", tmp_path)
    assert "`.claude/skills/pack/SKILL.md`" in index
    assert str(tmp_path) not in index


def test_it_is_put_in_and_taken_out_again(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("# Ours\n\nBe kind.\n")
    write(job(tmp_path).plan, force=True)
    text = (tmp_path / "AGENTS.md").read_text()
    assert text.startswith(f"# Ours\n\nBe kind.\n\n{BEGIN}\n")
    assert [file.action for file in job(tmp_path).plan.files] == ["unchanged"]
    write(job(tmp_path, removing=True).plan, force=True)
    assert (tmp_path / "AGENTS.md").read_text() == "# Ours\n\nBe kind.\n"


def test_without_a_file_there_is_nothing_to_take_out(tmp_path: Path) -> None:
    assert job(tmp_path, removing=True).plan.files == ()
    write(job(tmp_path).plan)
    assert (tmp_path / "AGENTS.md").read_text().startswith(BEGIN)


def test_a_file_that_was_nothing_but_the_index_goes(tmp_path: Path) -> None:
    write(job(tmp_path).plan)
    taken_out = job(tmp_path, removing=True).plan
    assert [file.action for file in taken_out.files] == ["removed"]
    assert unified_diff(taken_out.files[0]).startswith(
        "diff --git a/AGENTS.md b/AGENTS.md\ndeleted file mode 100644\n--- a/AGENTS.md\n"
        "+++ /dev/null\n"
    )
    write(taken_out, force=True)
    assert list(tmp_path.iterdir()) == []


@given(st.text(st.characters(exclude_characters="<"), max_size=40))
def test_what_is_around_it_stays(text: str) -> None:
    once = with_index(text, INDEX)
    assert once.count(BEGIN) == 1
    assert with_index(once, INDEX) == once
    assert without_index(once).strip() == text.strip()
    assert without_index(without_index(once)) == without_index(once)


def test_what_stands_after_it_stays() -> None:
    text = f"a\n\n{INDEX}\nb\n"
    assert with_index(text, INDEX) == text
    assert without_index(text) == "a\n\nb\n"


@pytest.mark.parametrize("text", [BEGIN, END, f"{END}{BEGIN}", f"{INDEX}{INDEX}"])
def test_markers_that_are_no_pair_are_refused(text: str) -> None:
    with pytest.raises(WriteError, match="its markers are no pair"):
        with_index(text, INDEX)
    with pytest.raises(WriteError, match="its markers are no pair"):
        without_index(text)
