"""A tree is written whole or not at all, whatever goes wrong and whatever others do meanwhile."""

import errno
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.scaffold import atomic_writing as writing
from async_db.scaffold.atomic_writing import (
    WriteError,
    plan_writing,
    write,
)
from helpers.trees import fill, snapshot, texts, tree

# --- what goes wrong half way ------------------------------------------------------------------

FAILURES: dict[str, Callable[[], BaseException]] = {
    "full": lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "read-only": lambda: OSError(errno.EROFS, os.strerror(errno.EROFS)),
    "interrupt": KeyboardInterrupt,
    "memory": MemoryError,
}


@contextmanager
def failing(at: int, failure: str, *, afterwards: bool) -> Iterator[list[str]]:
    """Let the operation number `at` on files fail, before or after it has had its effect.

    Gives the list of operations, which grows while they are carried out.
    """
    done: list[str] = []

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*args: Any, **kwargs: Any) -> Any:
            done.append(name)
            if len(done) - 1 != at:
                return real(*args, **kwargs)
            if afterwards:
                made = real(*args, **kwargs)
                if name == "open":
                    made.write(b"half")
                    made.close()
            raise FAILURES[failure]()

        return operation

    with pytest.MonkeyPatch.context() as patch:
        for name in ("mkdir", "replace", "chmod", "utime"):
            patch.setattr(os, name, wrap(name, getattr(os, name)))
        patch.setattr(writing, "open", wrap("open", open), raising=False)
        yield done


OLD = tree(a="1\n", b="2\n", p__a="3\n")
NEW = tree(a="one\n", p__a="three\n", p__c="4\n", q__r__d="5\n", q__e="6\n")


def operations(target: Path) -> list[str]:
    with failing(-1, "full", afterwards=False) as done:
        write(plan_writing(target, NEW), force=True)
    return done


@pytest.mark.parametrize("afterwards", [False, True])
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("target", ["old", "new", "not/there"])
def test_every_failure_leaves_everything_as_it_was(
    tmp_path: Path, target: str, failure: str, afterwards: bool
) -> None:
    fill(tmp_path / "rehearsal/old", OLD)
    count = len(operations(tmp_path / "rehearsal" / target))
    assert count > 8
    root = tmp_path / "root"
    fill(root / "old", OLD)
    (root / "old/a").chmod(0o640)
    before = snapshot(root)
    for at in range(count):
        plan = plan_writing(root / target, NEW)
        with (
            failing(at, failure, afterwards=afterwards),
            pytest.raises((WriteError, KeyboardInterrupt, MemoryError)),
        ):
            write(plan, force=True)
        assert snapshot(root) == before, at
    write(plan_writing(root / target, NEW), force=True)
    assert texts(root / target) == (OLD | NEW if target == "old" else NEW)


CONTENTS = st.dictionaries(
    st.sampled_from(["a", "b", "p/a", "p/b", "p/q/a", "r/s/t/a"]).map(PurePosixPath),
    st.sampled_from(["", "1\n", "2\n"]),
)


@given(
    old=CONTENTS,
    new=CONTENTS,
    at=st.integers(0, 40),
    failure=st.sampled_from(sorted(FAILURES)),
    afterwards=st.booleans(),
)
def test_a_tree_is_written_whole_or_not_at_all(
    old: dict[PurePosixPath, str],
    new: dict[PurePosixPath, str],
    at: int,
    failure: str,
    afterwards: bool,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fill(root, old)
        before = snapshot(root)
        plan = plan_writing(root, new)
        with failing(at, failure, afterwards=afterwards) as done:
            try:
                write(plan, force=True)
            except (WriteError, KeyboardInterrupt, MemoryError):
                assert snapshot(root) == before
            else:
                assert len(done) <= at
                assert texts(root) == old | new


def test_a_failure_is_told_in_one_line(tmp_path: Path) -> None:
    plan = plan_writing(tmp_path, tree(a="1\n"))
    with (
        failing(2, "full", afterwards=True),
        pytest.raises(WriteError, match=r"^cannot write .*: No space left on device; nothing was"),
    ):
        write(plan)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_restoring_is_not_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: signal.Signals
) -> None:
    fill(tmp_path, OLD)
    before = snapshot(tmp_path)
    handler = signal.getsignal(stop)
    real = os.replace
    calls: list[str] = []

    def replace(source: str, destination: str) -> None:
        calls.append(source)
        if len(calls) == 3:
            raise KeyboardInterrupt
        if len(calls) > 3:
            signal.raise_signal(stop)
        real(source, destination)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        write(plan_writing(tmp_path, NEW), force=True)
    assert len(calls) == 5
    assert snapshot(tmp_path) == before
    assert signal.getsignal(stop) is handler


def test_what_cannot_be_restored_is_kept_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, tree(a="1\n"))
    real = os.replace
    calls: list[str] = []

    def replace(source: str, destination: str) -> None:
        calls.append(source)
        if len(calls) > 1:
            raise OSError(errno.EROFS, "Read-only file system")
        real(source, destination)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(WriteError, match=r"^could not restore .*/a: what was there is kept in "):
        write(plan_writing(tmp_path, tree(a="one\n", b="two\n")), force=True)
    kept = [path.read_text() for path in tmp_path.glob(".render-*/*/previous")]
    assert kept == ["1\n"]


# --- what others do meanwhile ------------------------------------------------------------------


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have something done right after the first file was moved into place."""
    real = os.replace
    calls: list[str] = []

    def replace(source: str, destination: str) -> None:
        real(source, destination)
        calls.append(source)
        if len(calls) == 1:
            act()

    monkeypatch.setattr(os, "replace", replace)


def test_a_file_changed_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, tree(a="1\n", b="2\n"))
    plan = plan_writing(tmp_path, tree(a="one\n", b="two\n"))
    meanwhile(monkeypatch, lambda: (tmp_path / "b").write_text("theirs\n"))
    with pytest.raises(WriteError, match=r"^b has just been changed; nothing was written"):
        write(plan, force=True)
    assert texts(tmp_path) == tree(a="1\n", b="theirs\n")


def test_a_file_made_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_writing(tmp_path, tree(a="one\n", p__b="two\n"))
    meanwhile(monkeypatch, lambda: fill(tmp_path, tree(p__b="theirs\n")))
    with pytest.raises(WriteError, match=r"^p/b has just been changed"):
        write(plan)
    assert texts(tmp_path) == tree(p__b="theirs\n")


def test_a_link_made_meanwhile_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "elsewhere").mkdir()
    plan = plan_writing(tmp_path / "target", tree(a="one\n", p__b="two\n"))
    meanwhile(monkeypatch, lambda: (tmp_path / "target/p").symlink_to("../elsewhere"))
    with pytest.raises(WriteError, match="target/p is a symbolic link"):
        write(plan)
    assert texts(tmp_path) == {}


def test_a_target_removed_meanwhile_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "target", tree(a="1\n"))
    plan = plan_writing(tmp_path / "target", tree(b="2\n", p__c="3\n"))
    meanwhile(monkeypatch, lambda: shutil.rmtree(tmp_path / "target"))
    with pytest.raises(WriteError, match=r"cannot write .*: No such file or directory"):
        write(plan)
    assert snapshot(tmp_path) == {}


def test_a_target_made_meanwhile_is_kept(tmp_path: Path) -> None:
    plan = plan_writing(tmp_path / "target", tree(a="1\n"))
    fill(tmp_path / "target", tree(a="theirs\n"))
    with pytest.raises(WriteError, match="has just been made by somebody else"):
        write(plan)
    assert texts(tmp_path) == tree(target__a="theirs\n")


def test_what_others_put_into_our_folders_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_writing(tmp_path, tree(p__a="1\n", p__b="2\n"))

    def act() -> None:
        fill(tmp_path, tree(p__theirs="3\n"))
        raise KeyboardInterrupt

    meanwhile(monkeypatch, act)
    with pytest.raises(KeyboardInterrupt):
        write(plan)
    assert texts(tmp_path) == tree(p__theirs="3\n")
