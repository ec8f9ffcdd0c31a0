"""`observe` finds each flaw that is planted in a service, and says nothing of its sound twin.

Some flaws are invisible to the service's own tests: these are sent one request at a time, in a
session and with rates of their own. A server shows them, that sixty clients drive at a time.
"""

from pathlib import Path

import pytest

from helpers.driving import serve_and_drive, told
from helpers.observing import observed_findings
from helpers.planted import Flaw, flaws, planted

FLAWS = flaws()
WAITS = "pooling/watch-the-pool"  # where a request waits for the pool is a matter of chance


@pytest.fixture
def flawed(tmp_path: Path) -> Path:
    return planted(tmp_path, *FLAWS)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return planted(tmp_path)


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_each_flaw_can_be_planted_alone(flaw: Flaw, tmp_path: Path) -> None:
    assert flaw.told_in(planted(tmp_path, flaw))


def test_there_are_ten_of_as_many_rules_and_some_that_tests_do_not_show() -> None:
    assert len({flaw.rule for flaw in FLAWS}) == len(FLAWS) == 10
    assert 0 < sum(flaw.by_tests for flaw in FLAWS) < len(FLAWS)


def test_the_services_own_tests_pass_and_show_some(flawed: Path) -> None:
    found = told(observed_findings(flawed, passing=True))

    assert found == {flaw.told_in(flawed) for flaw in FLAWS if flaw.by_tests}


@pytest.mark.exhaustive
@pytest.mark.asyncio
async def test_a_driven_server_shows_all(flawed: Path) -> None:
    seen = await serve_and_drive(flawed, "--fail-on=proven")

    expected = {flaw.told_in(flawed) for flaw in FLAWS}
    assert expected - seen.found == set(), seen.said
    consequences = {WAITS}.union(*(flaw.also for flaw in FLAWS))
    assert {rule for rule, *_ in seen.found - expected} <= consequences
    assert seen.code == 1


def test_the_sound_twins_tests_pass_and_show_nothing(sound: Path) -> None:
    assert observed_findings(sound, passing=True) == []


@pytest.mark.exhaustive
@pytest.mark.asyncio
async def test_a_driven_server_of_the_sound_twin_shows_nothing(sound: Path) -> None:
    seen = await serve_and_drive(sound, "--fail-on=review")

    assert seen.report["requests"] > 0
    assert seen.report == {**seen.report, "schema_version": 2, "notices": [], "findings": []}
    assert seen.code == 0, seen.said
