"""The harness on a small service of somebody's own: a lost write is found, and its mended twin holds."""

import json
from pathlib import Path

import pytest

import faults
from async_db.faults import Need
from async_db.servers import throwaway_postgres
from helpers.small_service import written_service

CUTS = "cut-before-commit,cut-after-commit"

pytestmark = pytest.mark.postgres


def ran(
    capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, dict[str, dict[str, object]]]:
    code = faults.main([*arguments, "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    return code, {told["fault"]: told for told in report["faults"]}


def test_an_acknowledged_write_that_is_lost_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    description = written_service(tmp_path, mended=False)
    code, told = ran(capsys, "--service", str(description), "--only", CUTS)

    assert code == 1
    before, after = told["cut-before-commit"], told["cut-after-commit"]
    assert before["reasons"] == ["4 of 16 acknowledged writes are not in the table"]
    assert (after["verdict"], after["lost"]) == ("held", 0)  # it was right by chance


def test_its_mended_twin_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    description = written_service(tmp_path, mended=True)
    code, told = ran(
        capsys, "--service", str(description), "--only", f"{CUTS},deadlock,sigterm-under-load"
    )

    assert code == 0, told
    for cut in (told["cut-before-commit"], told["cut-after-commit"]):
        assert (cut["verdict"], cut["unknown"], cut["lost"], cut["unanswered"]) == ("held", 4, 0, 0)
    assert told["deadlock"]["verdict"] == "not run"
    assert "contend" in str(told["deadlock"]["not_run"])
    assert told["sigterm-under-load"]["answered"]["in flight"] == {"201": 8}  # type: ignore[index]


def test_a_service_that_does_not_start_is_told_with_its_last_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    description = written_service(tmp_path, mended=True)
    (tmp_path / "service.py").write_text("raise RuntimeError('no')", encoding="utf-8")
    code, told = ran(capsys, "--service", str(description), "--only", "delayed-network")

    assert code == 1
    assert told["delayed-network"]["reasons"] == ["it ended when it was started: RuntimeError: no"]


def test_tables_that_cannot_be_made_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    description = written_service(tmp_path, mended=True)
    (tmp_path / "tables.py").write_text("raise RuntimeError('no tables')", encoding="utf-8")
    code, told = ran(capsys, "--service", str(description), "--only", "delayed-network")

    assert code == 1
    assert "RuntimeError: no tables" in str(told["delayed-network"]["reasons"])


def test_a_database_that_is_somebody_elses_is_neither_stopped_nor_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    description = written_service(tmp_path, mended=True)
    only = "cut-before-commit,server-crash,read-only-failover"
    with throwaway_postgres() as server:
        server.create_database("given")
        given = ("--database-url", server.url("given"))
        code, told = ran(capsys, "--service", str(description), *given, "--only", only)

        assert code == 0, told
        assert told["cut-before-commit"]["verdict"] == "held"
        for fault in ("server-crash", "read-only-failover"):
            assert told[fault]["not_run"] == Need.OWN_SERVER.value
        strict = ran(capsys, "--service", str(description), "--only", only, "--strict", *given)
    assert strict[0] == 1  # also since its tables are there already, which it says
    assert "already exists" in str(strict[1]["cut-before-commit"]["reasons"])
