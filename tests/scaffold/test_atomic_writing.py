"""A tree is written whole, and nowhere but where it was meant to go."""

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.scaffold.atomic_writing import (
    FilePlan,
    WriteError,
    check_path,
    plan_writing,
    unified_diff,
    write,
)
from helpers.trees import fill, snapshot, texts, tree

# --- what goes well ----------------------------------------------------------------------------


def test_a_new_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    target = tmp_path / "not" / "there" / "yet"
    files = tree(a="1\n", p__q__b="é\r\n")
    write(plan_writing(target, files))
    assert (target / "p" / "q" / "b").read_bytes() == "é\r\n".encode()
    assert snapshot(tmp_path).keys() == {
        *("not", "not/there", "not/there/yet", "not/there/yet/a"),
        *("not/there/yet/p", "not/there/yet/p/q", "not/there/yet/p/q/b"),
    }


def test_modes_are_those_of_anything_else_made_here(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    write(plan_writing(tmp_path / "new", tree(p__a="1\n")))
    write(plan_writing(tmp_path, tree(q__a="1\n")))
    modes = {path: mode for path, (mode, _) in snapshot(tmp_path).items()}
    assert modes["new"] == modes["new/p"] == modes["q"] == modes["folder"]
    assert modes["new/p/a"] == modes["q/a"] == modes["file"]


def test_an_empty_folder_stays_the_same_folder(tmp_path: Path) -> None:
    inode = tmp_path.stat().st_ino
    plan = plan_writing(tmp_path, tree(a="1\n"))
    assert (plan.exists, plan.vacant) == (True, True)
    write(plan)
    assert texts(tmp_path) == tree(a="1\n")
    assert tmp_path.stat().st_ino == inode


def test_what_is_already_there_is_left_alone(tmp_path: Path) -> None:
    fill(tmp_path, tree(a="1\n", b="2\n"))
    os.utime(tmp_path / "a", ns=(1, 1))
    plan = plan_writing(tmp_path, tree(a="1\n", p__c="3\n"))
    assert (plan.exists, plan.vacant) == (True, False)
    assert [(str(file.path), file.action) for file in plan.files] == [
        ("a", "unchanged"),
        ("p/c", "created"),
    ]
    write(plan)
    assert texts(tmp_path) == tree(a="1\n", b="2\n", p__c="3\n")
    assert (tmp_path / "a").stat().st_mtime_ns == 1


def test_differing_files_are_all_named_and_nothing_is_written(tmp_path: Path) -> None:
    fill(tmp_path, tree(a="1\n", p__b="2\n", c="3\n"))
    before = snapshot(tmp_path)
    plan = plan_writing(tmp_path, tree(a="one\n", p__b="two\n", c="3\n", d="4\n"))
    with pytest.raises(WriteError, match=r"^would overwrite a, p/b: use --force"):
        write(plan)
    assert snapshot(tmp_path) == before


def test_overwriting_keeps_the_mode(tmp_path: Path) -> None:
    fill(tmp_path, tree(a="1\n"))
    (tmp_path / "a").chmod(0o750)
    write(plan_writing(tmp_path, tree(a="one\n")), force=True)
    assert snapshot(tmp_path) == {"a": (stat.S_IFREG | 0o750, b"one\n")}


def test_overwriting_leaves_other_names_of_the_file_alone(tmp_path: Path) -> None:
    fill(tmp_path, tree(a="1\n"))
    os.link(tmp_path / "a", tmp_path / "other")
    write(plan_writing(tmp_path, tree(a="one\n")), force=True)
    assert texts(tmp_path) == tree(a="one\n", other="1\n")


def test_a_target_may_be_reached_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write(plan_writing(tmp_path / "link" / "new", tree(a="1\n")))
    assert texts(tmp_path / "real") == tree(new__a="1\n")


def test_the_current_folder_can_be_the_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(plan_writing(Path(), tree(a="1\n")))
    assert texts(tmp_path) == tree(a="1\n")


def test_writing_works_outside_the_main_thread(tmp_path: Path) -> None:
    thread = threading.Thread(target=write, args=[plan_writing(tmp_path, tree(a="1\n"))])
    thread.start()
    thread.join()
    assert texts(tmp_path) == tree(a="1\n")


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["", ".", "/a", "//a", "..", "../a", "a/../b", "a\\b", "C:a", "C:/a", "a:b", "a\0", "a\nb"],
)
def test_paths_that_could_lead_elsewhere_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(
        WriteError, match=r"is not a relative path|has a part that is no plain name"
    ):
        plan_writing(tmp_path / "target", {PurePosixPath(path): ""})


@given(st.text(max_size=30))
def test_accepted_paths_stay_below_the_target(text: str) -> None:
    path = PurePosixPath(text)
    try:
        check_path(path)
    except WriteError:
        return
    resolved = os.path.normpath(f"/target/{path}")
    assert resolved.startswith("/target/")
    assert len(resolved.split("/")) == 2 + len(path.parts)


def test_a_file_cannot_be_a_folder_too(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"^a would be a file and a folder"):
        plan_writing(tmp_path, tree(a="1\n", a__b="2\n"))


def _link_as_target(root: Path) -> None:
    (root / "target").rename(root / "elsewhere/target")
    (root / "target").symlink_to("elsewhere/target")


def _dangling_target(root: Path) -> None:
    (root / "target").rmdir()
    (root / "target").symlink_to("nowhere")


def _looping_target(root: Path) -> None:
    (root / "target").rmdir()
    (root / "target").symlink_to("target")


def _file_as_target(root: Path) -> None:
    (root / "target").rmdir()
    (root / "target").write_text("")


def _link_as_folder(root: Path) -> None:
    (root / "target/p").symlink_to("../elsewhere")


def _dangling_folder(root: Path) -> None:
    (root / "target/p").symlink_to("nowhere")


def _inner_link(root: Path) -> None:
    (root / "target/p").mkdir()
    (root / "target/p/q").symlink_to("../../elsewhere")


def _file_as_folder(root: Path) -> None:
    (root / "target/p").write_text("")


def _link_as_file(root: Path) -> None:
    (root / "target/a").symlink_to("../elsewhere/a")


def _dangling_file(root: Path) -> None:
    (root / "target/a").symlink_to("../elsewhere/nowhere")


def _folder_as_file(root: Path) -> None:
    (root / "target/a").mkdir()


def _pipe_as_file(root: Path) -> None:
    os.mkfifo(root / "target/a")


@pytest.mark.parametrize(
    ("arrange", "message"),
    [
        (_link_as_target, "target is a symbolic link"),
        (_dangling_target, "target is a symbolic link"),
        (_looping_target, "target is a symbolic link"),
        (_file_as_target, "target is in the way: it is not a folder"),
        (_link_as_folder, "target/p is a symbolic link"),
        (_dangling_folder, "target/p is a symbolic link"),
        (_inner_link, "target/p/q is a symbolic link"),
        (_file_as_folder, "target/p is in the way: it is not a folder"),
        (_link_as_file, "target/a is a symbolic link"),
        (_dangling_file, "target/a is a symbolic link"),
        (_folder_as_file, "target/a is in the way: it is not a regular file"),
        (_pipe_as_file, "target/a is in the way: it is not a regular file"),
    ],
)
def test_what_is_in_the_way_is_refused(
    tmp_path: Path, arrange: Callable[[Path], None], message: str
) -> None:
    (tmp_path / "target").mkdir()
    fill(tmp_path / "elsewhere", tree(a="same\n"))
    arrange(tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(WriteError, match=message):
        write(plan_writing(tmp_path / "target", tree(a="same\n", p__q__b="2\n")), force=True)
    assert snapshot(tmp_path) == before


def test_a_loop_of_links_above_the_target_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(WriteError):
        write(plan_writing(tmp_path / "loop" / "target", tree(a="1\n")))


def test_a_file_above_the_target_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, tree(file="1\n"))
    with pytest.raises(WriteError, match="Not a directory"):
        plan_writing(tmp_path / "file" / "target", tree(a="1\n"))
    assert texts(tmp_path) == tree(file="1\n")


# --- diffs -------------------------------------------------------------------------------------


def diff(before: bytes | None, after: str) -> str:
    return unified_diff(FilePlan(PurePosixPath("p/a"), before, after.encode()))


def test_diffs() -> None:
    head, new = "diff --git a/p/a b/p/a\n", "new file mode 100644\n"
    assert diff(b"1\n", "1\n") == ""
    assert diff(None, "") == head + new
    assert diff(None, "1\n") == f"{head}{new}--- /dev/null\n+++ b/p/a\n@@ -0,0 +1 @@\n+1\n"
    assert diff(b"1\n2\n", "1\n3\n") == (
        f"{head}--- a/p/a\n+++ b/p/a\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n"
    )
    assert diff(b"1", "1\n") == (
        f"{head}--- a/p/a\n+++ b/p/a\n@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+1\n"
    )
    assert diff(b"\xff", "1\n") == f"{head}Binary files a/p/a and b/p/a differ\n"
    assert "@@ -1 +1 @@" in diff(b"1\x0c2\n", "1\x0c3\n")
