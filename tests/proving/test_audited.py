"""What the audit has to say of a scaffold, and of what a counterexample makes of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from async_db.auditing import FINDS, RULES
from async_db.proving.audited import told_of_counterexample, told_of_scaffold
from async_db.rules import Rule

SILENT = """\
from fastapi import FastAPI

app = FastAPI()
"""
LOUD = """\
from sqlalchemy.orm import declarative_base

from app.main import app

Base = declarative_base()  # async-db: ignore[queries/typed-mappings] not for verify
"""
SQLITE_ONLY = """\
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

@pytest.fixture
def engine():
    return create_async_engine("sqlite+aiosqlite://")
"""


@pytest.fixture
def scaffold(tmp_path: Path) -> Path:
    write(tmp_path, "app/main.py", SILENT)
    write(tmp_path, "pyproject.toml", '[project]\nname = "app"\ndependencies = ["fastapi"]\n')
    return tmp_path


def write(project: Path, path: str, text: str) -> None:
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text(text, encoding="utf-8")


def named(rules: tuple[Rule, ...], name: str) -> Rule:
    return next(rule for rule in rules if rule.name == name)


def test_of_a_silent_scaffold_nothing_is_told(scaffold: Path) -> None:
    assert told_of_scaffold(scaffold) is None


def test_what_is_suppressed_in_a_scaffold_is_told(scaffold: Path) -> None:
    write(scaffold, "app/models.py", LOUD)

    told = told_of_scaffold(scaffold)

    assert told is not None
    assert told[0] == "queries/typed-mappings"
    assert told[1].startswith("audit reports queries/typed-mappings at app/models.py:5: ")


def test_a_proof_may_do_what_a_scaffold_must_not(scaffold: Path) -> None:
    write(scaffold, "tests/proofs/queries/test_it.py", LOUD)

    assert told_of_scaffold(scaffold) is None


def test_what_cannot_be_read_is_not_silent(scaffold: Path) -> None:
    write(scaffold, "app/models.py", "from sqlalchemy import (\n")

    told = told_of_scaffold(scaffold)

    assert told is not None
    assert told[1].startswith("audit cannot read the scaffold: app/models.py: ")


def test_a_counterexample_is_found_where_a_detector_says_so(
    scaffold: Path, rules: tuple[Rule, ...]
) -> None:
    rule = named(rules, "queries/typed-mappings")
    assert rule.name in FINDS
    missed = "audit does not report the counterexample"
    assert told_of_counterexample(rule, scaffold) == (False, missed)

    write(scaffold, "app/models.py", LOUD)

    assert told_of_counterexample(rule, scaffold) == (True, None)


def test_one_that_is_said_to_be_hidden_is_not_found(
    scaffold: Path, rules: tuple[Rule, ...]
) -> None:
    rule = named(rules, "testing/real-database")
    assert rule.name in set(RULES) - set(FINDS)
    write(scaffold, "pyproject.toml", '[project]\nname = "app"\ndependencies = ["asyncpg"]\n')
    write(scaffold, "tests/test_it.py", "def test_it():\n    pass\n")
    assert told_of_counterexample(rule, scaffold) == (False, None)

    write(scaffold, "tests/conftest.py", SQLITE_ONLY)

    found = "audit reports the counterexample, which its detector says is hidden"
    assert told_of_counterexample(rule, scaffold) == (True, found)


def test_a_rule_that_source_cannot_show_is_not_asked_for(
    scaffold: Path, rules: tuple[Rule, ...]
) -> None:
    rule = replace(rules[0], topic="sums", slug="adds")
    write(scaffold, "app/models.py", "from sqlalchemy import (\n")

    assert told_of_counterexample(rule, scaffold) == (False, None)
