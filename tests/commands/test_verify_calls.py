"""`verify.py` as it is called: what it is asked for, what it refuses, where its evidence goes."""

import errno
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.packs import Pack, Ran, written_evidence


@pytest.mark.parametrize("patterns", [["--rules", "sums/*"], ["--rules", "x/y,sums/adds"]])
def test_patterns_choose_rules(run: Callable[..., Ran], patterns: list[str]) -> None:
    ran = run(*patterns, "--database", "sqlite", "--format", "json")

    if "x/y" in patterns[1]:
        assert (ran.code, ran.out) == (2, "")
        assert ran.error == "verify: --rules x/y: no rule has a name like this\n"
    else:
        evidence = json.loads(ran.out)
        assert evidence == written_evidence()
        assert [result["rule"] for result in evidence["results"]] == ["sums/adds"]
        assert evidence["service_tests"] == []


@pytest.mark.parametrize("part", ["--rules=sums/*", "--database=sqlite", "--wiring=depends"])
def test_a_part_leaves_the_evidence_of_the_whole(
    pack: Pack, run: Callable[..., Ran], part: str
) -> None:
    whole = [Path(f"evidence.{form}") for form in ("json", "html")]
    for path in whole:
        path.write_text("of the whole", encoding="utf-8")

    ran = run(part, *([] if "sqlite" in part else ["--database=sqlite"]), evidence=None)

    assert ran.code == 0, ran.out
    assert [path.read_text(encoding="utf-8") for path in whole] == ["of the whole"] * 2
    assert sorted(Path().iterdir()) == sorted(whole)
    assert not list(pack.root.glob("evidence*"))


def test_kept_projects_are_where_it_says(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    ran = run("--keep", "--rules", "sums/*", "--database", "sqlite")

    assert ran.code == 0
    (folder,) = tmp_path.glob("verify-work-*")
    assert ran.error == f"verify: projects and logs are in {folder.resolve()}\n"
    changed = folder / "sqlite/sums/adds/project/app/sums.py"
    assert "first - second" in changed.read_text(encoding="utf-8")
    assert "1 failed" in (folder / "sqlite/sums/adds/run/log.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--evidence", "nowhere/evidence.json"], "cannot be written: No such file"),
        (["--evidence", "."], "not a regular file"),
        (["--evidence", "/dev/null"], "not a regular file"),
        (["--root", "nowhere"], "no rules found"),
        (["--update", "nowhere.md"], "cannot be read"),
        (["--update", "README.md", "--rules", "sums/adds"], "take a complete run"),
        (["--update", "README.md", "--database", "sqlite"], "take a complete run"),
        (["--check", "README.md", "--wiring", "depends"], "take a complete run"),
        (["--check", "README.md", "--models", "sqlmodel"], "take a complete run"),
        (["--models", "mine"], "--models mine: the scaffold has none to choose"),
        (["--wiring", "string"], "--wiring string: the scaffold has depends, container"),
        (["--releases", "--update", "nowhere.md"], "cannot be read"),
        (["--releases", "--check", "README.md"], "leave out --releases"),
        (["--environments", "here"], "add --releases"),
        (["--releases", "--evidence", "nowhere/evidence.json"], "cannot be written: No such file"),
        (["--releases", "--rules", "x/y"], "--rules x/y: no rule has a name like this"),
        (["--releases"], "pyproject.toml: names no dependencies to install"),
        (["--jobs", "0"], "not a positive number"),
        (["--timeout", "nan"], "not a positive number"),
        (["--rules", ","], "no name of a rule"),
        (["--database", "oracle"], "invalid choice"),
    ],
)
def test_wrong_calls_are_refused_in_words(
    run: Callable[..., Ran], arguments: list[str], message: str
) -> None:
    ran = run(*arguments)

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.error.splitlines()[-1]
    assert "Traceback" not in ran.error
    assert list(Path().iterdir()) == []


def test_a_malformed_pack_is_refused_in_one_line(pack: Pack, run: Callable[..., Ran]) -> None:
    pack.write("templates/base/{{ package }}/sums.py.jinja", "{% if %}")

    ran = run("--database", "sqlite")

    assert ran.code == 2
    assert ran.error.startswith("verify: base/{{ package }}/sums.py.jinja:1: ")
    assert len(ran.error.splitlines()) == 1


def test_a_missing_package_is_named(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("async_db.scaffold", "async_db.scaffold.rendering"):
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "jinja2", None)

    ran = run("--database", "sqlite")

    assert (ran.code, ran.out) == (2, "")
    assert "jinja2" in ran.error
    assert len(ran.error.splitlines()) == 1


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        shutil.Error([("from", "to", "[Errno 28] No space left on device: 'to'")]),
    ],
)
def test_a_full_disk_is_told_in_one_line(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: OSError
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(shutil, "copytree", full)
    ran = run("--rules", "sums/adds", "--database", "sqlite")

    assert (ran.code, ran.out) == (2, "")
    assert ran.error.startswith(f"verify: {tmp_path}: ")
    assert "No space left on device" in ran.error
    assert len(ran.error.splitlines()) == 1
    assert not list(tmp_path.glob("verify-*"))


@pytest.mark.postgres
def test_a_file_is_checked_for_the_table(run_whole: Callable[..., Ran]) -> None:
    readme = Path("README.md")
    readme.write_text("<!-- evidence -->\nold\n<!-- /evidence -->\n", encoding="utf-8")

    outdated, updated, checked = (
        run_whole(option, "README.md") for option in ("--check", "--update", "--check")
    )

    assert (outdated.code, updated.code, checked.code) == (1, 0, 0)
    assert "README.md does not show this table" in outdated.error
    assert checked.out in readme.read_text(encoding="utf-8")


def test_help_gives_examples_and_exit_codes(run: Callable[..., Ran]) -> None:
    ran = run("--help")

    assert ran.code == 0
    assert "examples:\n" in ran.out
    for code in ("0    every", "1    something", "2    the call", "130  interrupted"):
        assert code in ran.out
