"""What the page of evidence shows of faults."""

import json
from pathlib import Path
from typing import Any

import pytest

from async_db.faults import Answer, Outcome, Result, Verdict, json_report
from async_db.proving.evidence.faults import WRITTEN_BY, faults_section, read_faults
from helpers.html import words_of

RESULTS = [
    Result("slow-<network>", "postgresql", outcome=Outcome((Answer("create", status=201),))),
    Result("locked-row", "postgresql", Verdict(("it broke", "twice"))),
    Result("locked-row", "sqlite", not_run="no row can be locked"),
]


def test_what_faults_writes_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text(json_report(RESULTS), encoding="utf-8")

    section = faults_section(read_faults(path))

    words = words_of(section)
    assert "slow-<network> PostgreSQL held 0 0 1 x 201" in words
    assert "locked-row PostgreSQL broken it broke; twice – – –" in words
    assert "locked-row SQLite not run no row can be locked – – –" in words
    assert "<network>" not in section


def test_several_wirings_have_a_column(tmp_path: Path) -> None:
    told = json.loads(json_report(RESULTS[:1]))
    told["faults"][0]["wiring"] = "manager"
    path = tmp_path / "faults.json"
    path.write_text(json.dumps(told), encoding="utf-8")

    words = words_of(faults_section(read_faults(path)))

    assert "fault database wiring verdict" in words
    assert "slow-<network> PostgreSQL manager held" in words


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no faults.json beside the evidence"),
        ("{", "faults.json is not what faults.py writes"),
        ("[]", "faults.json is not what faults.py writes"),
        ({"schema_version": 1, "faults": [{}]}, "faults.json is not what faults.py writes"),
        ({"schema_version": 2, "faults": []}, "faults.json is of another version"),
        ({"schema_version": 1, "faults": []}, "faults.json tells of no fault"),
    ],
)
def test_that_nothing_is_known_is_said(content: Any, said: str, tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    if content is not None:
        path.write_text(content if isinstance(content, str) else json.dumps(content))

    words = words_of(faults_section(read_faults(path)))

    assert f"{said}; {WRITTEN_BY} writes it." in words
