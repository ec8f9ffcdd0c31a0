"""The measure of `audit`'s accuracy counts what it says it counts, on a repository made here."""

import subprocess
from pathlib import Path

import pytest

from async_db.auditing import RULES
from benchmarks import audit_accuracy
from benchmarks.audit_accuracy import (
    FIXES,
    LABELS,
    Fix,
    Label,
    is_enough,
    main,
    measure,
    read_fixes,
    read_labels,
    table,
)

ENGINE = "engine/created-in-lifespan"
SERVICE = """\
from fastapi import FastAPI
from sqlalchemy import create_engine

first = create_engine("sqlite://")
second = create_engine("sqlite://")
app = FastAPI()
"""
MENDED = "from fastapi import FastAPI\n\napp = FastAPI()\n"


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(  # noqa: S603 (git, with arguments as a list)
        ["git", *identity, *arguments],  # noqa: S607 (whichever the machine has)
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    """A folder with one clone, whose second commit mends what its first has."""
    folder = tmp_path / "owner+shop"
    folder.mkdir()
    git(folder, "init", "-q")
    for text in (SERVICE, MENDED):
        (folder / "app.py").write_text(text)
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", "a change")
    return tmp_path


def test_verdicts_and_files_are_counted(clones: Path) -> None:
    head = git(clones / "owner+shop", "rev-parse", "HEAD")
    label = Label("owner/shop", f"{head}^", False, {(ENGINE, "app.py:4"): "right"})
    fixes = [
        Fix("owner/shop", head, False, (ENGINE,), ("app.py",)),
        Fix("owner/shop", head, True, (ENGINE,), ("app.py", "other.py")),
    ]
    judged, told, missing = measure(clones, [label], fixes, unjudged=False)

    assert missing == []
    proven = next(each for each in judged if each.grade == "proven" and not each.corrected)
    assert proven.counts["right"] == 1
    assert proven.counts["unjudged"] >= 1
    assert [each.missed for each in told] == [(), ("other.py",)]
    assert not is_enough(judged, told)
    assert is_enough(judged, told[:1])
    assert "1 (100%)" in table(judged, told)
    assert "1 (50%)" in table(judged, told)


def test_what_was_judged_wrong_may_not_be_called_proven(clones: Path) -> None:
    head = git(clones / "owner+shop", "rev-parse", "HEAD")
    label = Label("owner/shop", f"{head}^", False, {(ENGINE, "app.py:4"): "wrong"})
    judged, told, _ = measure(clones, [label], [], unjudged=False)
    assert not is_enough(judged, told)


def test_what_is_not_there_is_told(
    clones: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = clones / "labels"
    folder.mkdir()
    (folder / "a.toml").write_text('repository = "a/b"\ncommit = "c"\ncorrected = false\n')
    monkeypatch.setattr(audit_accuracy, "LABELS", folder)
    monkeypatch.setattr(audit_accuracy, "FIXES", folder / "none")
    assert main([str(clones)]) == 1
    assert "not read: a/b: no clone" in capsys.readouterr().err
    assert main([str(clones / "none")]) == 2


def test_labels_and_fixes_are_of_rules_that_have_detectors() -> None:
    labels, fixes = read_labels(LABELS), read_fixes(FIXES)
    assert len(labels) >= 12
    assert {rule for each in labels for rule, _ in each.verdicts} <= set(RULES)
    assert {rule for each in fixes for rule in each.rules} <= set(RULES)
    assert all(each.files for each in fixes)
    assert len({each.repository for each in labels}) == len(labels)
