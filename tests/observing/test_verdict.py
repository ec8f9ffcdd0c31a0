"""Whether a run fails, and what of it is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from async_db.findings import Finding, Grade, Notice, baseline_text
from async_db.observing.options import Options
from async_db.observing.verdict import BLIND, FOUND, judge

FOUND_ONE = Finding("a/b", "suspected", "app/x.py", 1, "It is so.", "Do it.")
WANTED = Options("text", None, None, ("proven", "suspected"), None, False)
ERROR = Notice("Nothing was seen.", "error")
WARNING = Notice("Half was seen.")


@pytest.mark.parametrize(
    ("grade", "notices", "code"),
    [
        ("suspected", (), FOUND),
        ("review", (), 0),
        ("review", (WARNING,), 0),
        ("review", (ERROR,), BLIND),
        ("suspected", (ERROR,), FOUND),
    ],
)
def test_new_findings_and_blindness_fail_a_run(
    grade: Grade, notices: tuple[Notice, ...], code: int
) -> None:
    finding = replace(FOUND_ONE, grade=grade)
    assert judge([finding], notices, WANTED).exit_code == code
    assert judge([finding], notices, replace(WANTED, failing=())).exit_code == 0


def test_a_broken_baseline_allows_nothing(tmp_path: Path) -> None:
    (tmp_path / "known.json").write_text("{}")
    verdict = judge([], (), replace(WANTED, baseline=tmp_path / "known.json"))

    assert verdict.exit_code == BLIND
    (notice,) = verdict.notices
    assert notice.level == "error"
    assert "known.json: not a baseline" in notice.text


def test_a_baseline_that_is_not_there_is_told(tmp_path: Path) -> None:
    verdict = judge([FOUND_ONE], (), replace(WANTED, baseline=tmp_path / "known.json"))

    assert (verdict.exit_code, verdict.findings) == (FOUND, (FOUND_ONE,))
    assert "There is no baseline at" in verdict.notices[0].text


def test_a_baseline_is_not_written_by_who_has_not_seen_all(tmp_path: Path) -> None:
    updating = replace(WANTED, baseline=tmp_path / "known.json", updates_baseline=True)

    seen, blind = judge([FOUND_ONE], (), updating), judge([], (ERROR,), updating)

    assert seen.baseline == baseline_text([FOUND_ONE])
    assert (seen.findings, seen.exit_code) == ((), 0)
    assert blind.baseline is None
    assert blind.exit_code == BLIND
    assert "The baseline stays as it was" in blind.notices[-1].text
