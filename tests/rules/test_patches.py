"""Unified diffs: they apply as they were made, survive edits around them, or change nothing."""

import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.rules import PatchError, apply_patch, apply_to_tree, parse_patch

NAME = "app/x.py"
BEFORE = "".join(f"line {number}\n" for number in range(1, 21))
PATCH = """\
What people write.

diff --git a/app/x.py b/app/x.py
index 000..111 100644
--- a/app/x.py\t2026-01-01
+++ b/app/x.py\t2026-01-02
@@ -3,5 +3,5 @@ def something():
 line 3
 line 4
-line 5
+changed
 line 6
 line 7
@@ -15,3 +15,4 @@
 line 15
+added
 line 16
 line 17
"""
AFTER = BEFORE.replace("line 5\n", "changed\n").replace("line 15\n", "line 15\nadded\n")


def lines_of(text: str) -> list[str]:
    """Cut a text as diff does, after newlines only."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def diff(before: str, after: str, context: int) -> str:
    made = difflib.unified_diff(
        lines_of(before), lines_of(after), f"a/{NAME}", f"b/{NAME}", n=context
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in made
    )


# Few different lines, so that places resemble each other; separators other than the newline.
texts = st.lists(
    st.sampled_from(
        ["", "a", "b", "-- c", "++ d", "@@ -1 +1 @@", "e\r", "f\x0cg", "h\u2028i", "\\"]
    )
).flatmap(lambda lines: st.sampled_from(["\n".join(lines), "".join(f"{x}\n" for x in lines)]))


@given(texts, texts)
def test_a_diff_with_context_gives_what_it_was_made_from(before: str, after: str) -> None:
    patch = diff(before, after, 3)

    if before == after:
        with pytest.raises(PatchError, match="no changes found"):
            apply_patch(patch, {NAME: before})
    elif before and not any(not hunk.old for hunk in parse_patch(patch)[0].hunks):
        assert apply_patch(patch, {NAME: before}) == {NAME: after}


@given(texts, texts, st.integers(0, 1))
def test_a_diff_with_little_context_is_right_or_refused(
    before: str, after: str, context: int
) -> None:
    files = {NAME: before, "other": "text"}
    patch = diff(before, after, context)

    try:
        result = apply_patch(patch, files)
    except PatchError:
        hunks = parse_patch(patch)[0].hunks if before != after else ()
        assert not all(hunk.old for hunk in hunks) or before == after
    else:
        assert result == {NAME: after, "other": "text"}
    assert files == {NAME: before, "other": "text"}


def test_several_hunks_apply() -> None:
    assert apply_patch(PATCH, {NAME: BEFORE, "y": ""}) == {NAME: AFTER, "y": ""}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("line 1\n", "line 1\nnew\nnew\nnew\n"),
        ("line 1\nline 2\nline 3\n", ""),
        ("line 3\n", "edited\n"),
        ("line 4\n", "edited\n"),
        ("line 6\n", "edited\n"),
        ("line 4\n", "line 4\nnew\n"),
        ("line 6\n", "new\nline 6\n"),
        ("line 3\nline 4\n", ""),
        ("line 16\n", "edited\n"),
        ("line 16\nline 17\nline 18\nline 19\nline 20\n", ""),
    ],
)
def test_edits_around_a_hunk_do_not_disturb_it(old: str, new: str) -> None:
    edited = BEFORE.replace(old, new, 1)

    after = apply_patch(PATCH, {NAME: edited})[NAME]

    assert after == edited.replace("line 5\n", "changed\n").replace("line 15\n", "line 15\nadded\n")


@pytest.mark.parametrize(
    ("edited", "message"),
    [
        (BEFORE.replace("line 5\n", "edited\n"), "app/x.py hunk 1 does not fit"),
        (
            BEFORE.replace("line 15\n", "new\n").replace("line 16\n", "new\n").replace("17", "x"),
            "app/x.py hunk 2 does not fit",
        ),
        (
            BEFORE.replace("line 4\n", "x\n").replace("line 6\n", "x\n") + "line 5\n",
            "app/x.py hunk 1 fits at 2 places",
        ),
    ],
    ids=["removed line edited", "all context edited", "ambiguous"],
)
def test_what_no_longer_fits_is_named(edited: str, message: str) -> None:
    with pytest.raises(PatchError) as raised:
        apply_patch(PATCH, {NAME: edited})

    assert str(raised.value) == message


def test_of_equal_places_the_nearest_is_taken() -> None:
    block = "start\nsame\nend\n"
    patch = "--- a/x\n+++ b/x\n@@ -7,3 +7,3 @@\n start\n-same\n+other\n end\n"

    assert apply_patch(patch, {"x": block * 5})["x"] == (
        block * 2 + block.replace("same", "other") + block * 2
    )
    # Two lines more above it: the third block is still nearer than the second.
    moved = "new\n" + block * 5
    assert apply_patch(patch, {"x": moved})["x"].splitlines().index("other") == 8


def test_equally_near_places_are_ambiguous() -> None:
    patch = "--- a/x\n+++ b/x\n@@ -3,1 +3,1 @@\n-same\n+other\n"

    with pytest.raises(PatchError, match="x hunk 1 fits at 2 places"):
        apply_patch(patch, {"x": "1\nsame\n3\nsame\n5\n"})


def test_files_are_created_removed_and_several() -> None:
    patch = (
        "--- /dev/null\n+++ b/new\n@@ -0,0 +1,2 @@\n+one\n+two\n"
        "--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n\\ No newline at end of file\n"
    )

    assert apply_patch(patch, {"old": "gone", "kept": ""}) == {"kept": "", "new": "one\ntwo\n"}
    with pytest.raises(PatchError, match="new exists already"):
        apply_patch(patch, {"old": "gone", "new": ""})
    with pytest.raises(PatchError, match="old has more lines than the diff removes"):
        apply_patch("--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n", {"old": "gone\nkept"})
    with pytest.raises(PatchError, match="old does not exist"):
        apply_patch(patch, {})


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "a/../../x", "C:\\x", "C:/x", "x\\..\\y", "b/..", ""]
)
def test_paths_outside_the_project_are_refused(name: str) -> None:
    patch = f"--- {name}\n+++ {name}\n@@ -1 +1 @@\n-a\n+b\n"

    with pytest.raises(PatchError, match="not a path inside the project"):
        apply_patch(patch, {name: "a\n"})


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ("", "no changes found"),
        ("only words\n--- a/x\n", "no changes found"),
        ("--- a/x\n+++ b/x\n", "x: no `@@` line"),
        ("--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n", "line 1: the two sides do not name one file"),
        ("--- /dev/null\n+++ /dev/null\n", "line 1: the two sides do not name one file"),
        ("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+b\n", "x hunk 1 is cut short"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n?b\n", "x hunk 1 is cut short"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n+c\n", "x hunk 1 has more lines than"),
        ("--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n-b\n", "x hunk 1 has other lines than"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n a\n", "x hunk 1 changes nothing"),
    ],
)
def test_a_malformed_diff_is_refused(patch: str, message: str) -> None:
    with pytest.raises(PatchError) as raised:
        parse_patch(patch)

    assert str(raised.value).startswith(message)


def test_an_empty_context_line_may_have_lost_its_space() -> None:
    patch = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n"

    assert apply_patch(patch, {"x": "a\n\nb\n"}) == {"x": "a\n\nc\n"}


def test_a_tree_is_changed_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / NAME).write_bytes(BEFORE.encode())
    (tmp_path / "y").write_bytes(b"a\r\n")
    good = (
        PATCH
        + "--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\r\n+b\r\n--- /dev/null\n+++ b/n/z\n@@ -0,0 +1 @@\n+z\n"
    )

    with pytest.raises(PatchError, match="y hunk 1 does not fit"):
        apply_to_tree(good.replace("-a\r\n", "-q\r\n"), tmp_path)
    assert (tmp_path / NAME).read_bytes() == BEFORE.encode()
    assert not (tmp_path / "n").exists()

    apply_to_tree(good, tmp_path)
    assert (tmp_path / NAME).read_bytes() == AFTER.encode()
    assert (tmp_path / "y").read_bytes() == b"b\r\n"
    assert (tmp_path / "n" / "z").read_bytes() == b"z\n"
