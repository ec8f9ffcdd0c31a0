"""`verify.py` where a program is missing: what is not run is told, and never counted as proved."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from async_db.servers import HIDDEN, PGBOUNCER
from helpers.packs import Command, Pack, Ran, proof, results, written_evidence

NAME = "sums/with-a-tool"
MISSING = "tool is not installed: sudo apt-get install -y tools"
ALONE = ("--database", "sqlite", "--wiring", "depends")


@pytest.fixture
def tool(pack: Pack, tmp_path: Path) -> Path:
    """A pack with a rule whose proof needs this file."""
    path = tmp_path / "tool"
    body = (
        f"os.path.exists({str(path)!r}) or pytest.skip('not run: {MISSING}'); assert add(1, 2) == 3"
    )
    pack.add(NAME, proof=proof(NAME, body), databases="SQLite")
    return path


@pytest.mark.usefixtures("tool")
def test_what_is_not_run_is_told_everywhere(run: Callable[..., Ran]) -> None:
    ran = run(*ALONE)

    assert ran.code == 0, ran.out
    assert f"| {NAME}        | depends | not run         |" in ran.out
    assert f"- {NAME} on SQLite (depends): not run: {MISSING}\n" in ran.out
    assert ran.error == f"verify: not run: 1 of 3 trials: {MISSING}\n"
    evidence = written_evidence()
    assert evidence["complete"] is False
    result = results(evidence)[NAME, "sqlite"]
    assert (result["proved"], result["refuted"], result["not_run"]) == (None, None, MISSING)
    page = Path("evidence.html").read_text(encoding="utf-8")
    assert f"Not run: {NAME} on SQLite: {MISSING}" in page
    assert "Every rule that could be run was proved" in page


@pytest.mark.usefixtures("tool")
def test_strictly_it_is_a_failure(run: Callable[..., Ran]) -> None:
    assert run(*ALONE, "--strict").code == 1


def test_strictly_all_is_well_where_all_is_run(run: Callable[..., Ran], tool: Path) -> None:
    tool.touch()
    ran = run(*ALONE, "--strict")

    assert (ran.code, ran.error) == (0, "")
    assert written_evidence()["complete"] is True


@pytest.mark.usefixtures("tool")
def test_where_nothing_is_run_nothing_is_good(run: Callable[..., Ran]) -> None:
    ran = run(*ALONE, "--rules", NAME, "--format", "json")

    assert ran.code == 1
    assert json.loads(ran.out)["results"][0]["proved"] is None
    assert "Nothing could be run." in Path("evidence.html").read_text(encoding="utf-8")


@pytest.mark.postgres
def test_the_packs_own_proof_says_which_program_it_lacks(command: Command, root: Path) -> None:
    rule = "pooling/prepared-statements-behind-pgbouncer"
    arguments = ("--root", str(root), "--evidence", "evidence.json", "--format", "json")

    ran = command(*arguments, "--rules", rule, **{HIDDEN: "chromium,pgbouncer"})

    assert ran.code == 1, ran.out
    (result,) = json.loads(ran.out)["results"]
    assert (result["proved"], result["not_run"]) == (None, PGBOUNCER.missing)


@pytest.mark.postgres
def test_a_file_is_compared_as_far_as_the_table_is_known(
    run_whole: Callable[..., Ran], tool: Path
) -> None:
    readme = Path("README.md")
    marks = "<!-- evidence -->\n<!-- /evidence -->\n"
    readme.write_text(marks, encoding="utf-8")

    refused = run_whole("--update", "README.md")
    left = readme.read_text(encoding="utf-8")
    tool.touch()
    updated = run_whole("--update", "README.md")
    tool.unlink()
    checked, strictly = (
        run_whole("--check", "README.md", *strict) for strict in ([], ["--strict"])
    )
    text = readme.read_text(encoding="utf-8").replace("1 passed", "2 passed")
    readme.write_text(text, encoding="utf-8")
    outdated = run_whole("--check", "README.md")

    assert (refused.code, left) == (1, marks)
    assert "README.md is left as it is, since not everything was run" in refused.error
    assert (updated.code, checked.code, strictly.code, outdated.code) == (0, 0, 1, 1)
    assert f"README.md: not compared, since not run: {NAME}\n" in checked.error
    assert "README.md does not show this table" not in checked.error
    assert "README.md does not show this table" in outdated.error
