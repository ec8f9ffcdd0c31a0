"""`verify.py` on small packs: what it says of good rules, and of each kind of broken one."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from helpers.packs import (
    SERVICE_TEST,
    SUMS,
    WRONG_SUM,
    Command,
    Pack,
    Ran,
    patch_of_sum,
    proof,
    results,
    written_evidence,
)


@pytest.mark.postgres
def test_good_rules_are_proved_and_refuted_on_both_databases(pack: Pack, command: Command) -> None:
    pack.add("sums/only-sqlite", proof=proof("sums/only-sqlite"), databases="SQLite")

    ran = command()

    assert (ran.code, ran.error) == (0, "")
    assert ran.out == (
        "| rule                    | wiring    | SQLite          | PostgreSQL      |\n"
        "| ----------------------- | --------- | --------------- | --------------- |\n"
        "| database/creates        | depends   | proved, refuted | proved, refuted |\n"
        "| sums/adds               | depends   | proved, refuted | proved, refuted |\n"
        "| sums/only-sqlite        | depends   | proved, refuted | –               |\n"
        "| the service's own tests | depends   | 1 passed        | 1 passed        |\n"
        "| the service's own tests | container | 1 passed        | 1 passed        |\n"
    )
    evidence = command.evidence()
    assert evidence["schema_version"] == 1
    assert {"fastapi", "python", "postgresql", "pytest-asyncio"} <= evidence["releases"].keys()
    assert len(evidence["results"]) == 5
    creates = results(evidence)["database/creates", "postgresql"]
    assert creates.pop("seconds") > 0
    assert creates == {
        "rule": "database/creates",
        "wiring": "depends",
        "database": "postgresql",
        "proved": True,
        "refuted": True,
        "outcome": 'syntax error at or near "TABEL"',
        "observed": False,
        "audited": False,
    }
    assert evidence["complete"] is True
    tests = [
        (tests["database"], tests["wiring"], tests["passed"]) for tests in evidence["service_tests"]
    ]
    assert tests == [
        (database, wiring, 1)
        for database in ("sqlite", "postgresql")
        for wiring in ("depends", "container")
    ]


def test_a_rule_may_state_the_options_of_its_scaffold(pack: Pack, run: Callable[..., Ran]) -> None:
    said = (
        "def said(total: int) -> str:\n    return f'{total}{{ '!' if mood == 'bold' else '.' }}'\n"
    )
    pack.write("templates/base/{{ package }}/sums.py.jinja", f"{SUMS}\n\n{said}")
    for name in ("sums/is-bold", "sums/is-bold-too"):
        body = "from app.sums import said; assert said(add(1, 2)) == '3!'"
        pack.add(
            name,
            outcome="`assert '-1!' == '3!'`",
            proof=proof(name, body),
            databases="SQLite",
            options="`mood=bold`",
        )

    ran = run("--database", "sqlite", "--wiring", "depends", "--keep")

    assert ran.code == 0, ran.out
    evidence = results(written_evidence())
    assert [name for name, _ in evidence] == [
        "database/creates",
        "sums/adds",
        "sums/is-bold",
        "sums/is-bold-too",
    ]
    assert [tests["passed"] for tests in written_evidence()["service_tests"]] == [1]
    folder = Path(ran.error.strip().rpartition(" ")[2])
    scaffolds = sorted(path.name for path in (folder / "sqlite").glob("scaffold*"))
    assert scaffolds == ["scaffold", "scaffold-mood=bold"]
    shutil.rmtree(folder)


def test_the_evidence_names_the_wiring_that_a_rule_states(
    pack: Pack, run: Callable[..., Ran]
) -> None:
    name = "sums/contained"
    pack.add(name, proof=proof(name), databases="SQLite", options="`wiring=container`")

    ran = run("--database", "sqlite")

    assert ran.code == 0, ran.out
    wirings = {rule: row["wiring"] for (rule, _), row in results(written_evidence()).items()}
    assert wirings == {"database/creates": "depends", "sums/adds": "depends", name: "container"}


def test_options_that_the_scaffold_has_not_are_refused(pack: Pack, run: Callable[..., Ran]) -> None:
    pack.add("sums/is-red", proof=proof("sums/is-red"), databases="SQLite", options="`colour=red`")

    ran = run("--database", "sqlite")

    assert ran.code == 2
    assert "unknown option colour" in ran.error


class Broken(NamedTuple):
    """A rule with something wrong, and what has to be said of it."""

    name: str
    proved: bool | None
    refuted: bool | None
    reason: str
    proof: str | None = "assert add(1, 2) == 3"
    patch: str | None = WRONG_SUM
    outcome: str = "`assert -1 == 3`"
    window: str = "any release"


STALE = WRONG_SUM.replace("first + second", "one + two")
NO_LONGER = "counterexample no longer applies: app/sums.py hunk 1 does not fit"
BROKEN = [
    Broken(
        *("broken/proof-fails", False, None, "proof failed: assert 3 == 4 + where 3 = add(1, 2)"),
        proof="assert add(1, 2) == 4",
    ),
    Broken(
        *("broken/proof-skipped", False, None, "proof skipped: Skipped: not today"),
        proof="pytest.skip('not today')",
    ),
    Broken("broken/no-proof", False, None, "no proof", proof=None),
    Broken("broken/no-counterexample", True, None, "no counterexample", patch=None),
    Broken("broken/stale", True, None, NO_LONGER, patch=STALE),
    Broken(
        *("broken/both", False, None, f"proof failed: ValueError: broken; {NO_LONGER}"),
        proof="raise ValueError('broken')",
        patch=STALE,
    ),
    Broken(
        *("broken/still-passes", True, False, "proof still passes under its counterexample"),
        patch=patch_of_sum("second + first"),
    ),
    Broken(
        *("broken/other-outcome", True, False),
        "fails, but with “ZeroDivisionError: integer division or modulo by zero” instead of the "
        "stated outcome “assert -1 == 3”",
        patch=patch_of_sum("1 // 0"),
    ),
    Broken(
        *("broken/only-one-outcome", True, False),
        "fails, but never with the stated outcome “assert 7”",
        outcome="`assert -1 == 3`; `assert 7`",
    ),
    Broken(
        *("broken/hangs", True, False, "timed out after 2 s"),
        patch=patch_of_sum("__import__('time').sleep(600)"),
    ),
    Broken(
        *("broken/crashes", True, False, "crashed: ended with code 3"),
        patch=patch_of_sum("__import__('os')._exit(3)"),
    ),
    Broken(
        *("broken/too-old", None, None, "outside its window: FastAPI "),
        window="FastAPI >= 0.100, < 0.101",
    ),
]


def test_every_kind_of_broken_rule_names_itself(pack: Pack, run: Callable[..., Ran]) -> None:
    for broken in BROKEN:
        pack.add(
            broken.name,
            proof=broken.proof and proof(broken.name, broken.proof),
            patch=broken.patch,
            outcome=broken.outcome,
            window=broken.window,
        )
    pack.add("other/no-mark", proof=proof("sums/adds"))
    pack.add("other/no-import", proof="import nowhere_to_be_found\n")

    ran = run("--database", "sqlite", "--wiring", "depends", "--timeout", "2")

    assert (ran.code, ran.error) == (1, "")
    found = results(written_evidence())
    for name, proved, refuted, reason, *_ in BROKEN:
        result = found[name, "sqlite"]
        assert (result["proved"], result["refuted"]) == (proved, refuted), result
        assert result["reason"].startswith(reason), result
        row = next(line for line in ran.out.splitlines() if line.startswith(f"| {name} "))
        assert f"| depends | {reason[:50]}" in row
    assert found["sums/adds", "sqlite"]["refuted"] is True
    assert found["other/no-mark", "sqlite"]["reason"] == "no proof"
    assert found["other/no-import", "sqlite"]["reason"] == (
        "proof failed: ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    )


@pytest.mark.parametrize("line", ["assert add(2, 2) == 5", "import nowhere_to_be_found"])
def test_failing_tests_of_the_service_count(pack: Pack, run: Callable[..., Ran], line: str) -> None:
    name = "templates/base/tests/test_sums.py.jinja"
    pack.write(name, SERVICE_TEST.replace("assert add(2, 2) == 4", line))

    ran = run("--database", "sqlite")

    assert ran.code == 1
    assert "| the service's own tests | depends   | 1 failed        |" in ran.out
    place = "SQLite (depends): tests/test_sums.py::test_two_and_two: "
    assert f"- the service's own tests on {place}" in ran.out
    assert written_evidence()["service_tests"][0]["failed"] == 1


def test_a_hanging_proof_takes_no_result_from_those_before_it(
    pack: Pack, run: Callable[..., Ran]
) -> None:
    pack.add("zoo/hangs", proof=proof("zoo/hangs", "__import__('time').sleep(600)"))
    pack.add("zoo/later", proof=proof("zoo/later"))

    ran = run("--database", "sqlite", "--timeout", "1")

    assert ran.code == 1
    found = results(written_evidence())
    assert found["sums/adds", "sqlite"]["proved"] is True
    assert found["zoo/hangs", "sqlite"]["reason"] == "timed out after 1 s"
    later = found["zoo/later", "sqlite"]
    where = "tests/proofs/zoo/test_hangs.py::test_it"
    assert (later["proved"], later["reason"]) == (
        None,
        f"not tried to the end: timed out after 1 s in {where}",
    )


def test_a_pack_whose_tests_cannot_start_says_why(pack: Pack, run: Callable[..., Ran]) -> None:
    pack.write("tests/proofs/conftest.py", "raise RuntimeError('no fixtures today')\n")

    ran = run("--database", "sqlite")

    assert ran.code == 1
    reason = results(written_evidence())["sums/adds", "sqlite"]["reason"]
    assert reason == "proof failed: pytest gave up: RuntimeError: no fixtures today"
