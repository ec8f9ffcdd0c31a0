"""The way in by symptom: each outcome of each proof is there, and each text is one that is met."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from async_db.rules import Rule
from helpers.stated_symptoms import (
    BEHIND_PGBOUNCER,
    ON_POSTGRESQL,
    ON_SQLITE,
    STAND_IN,
    TRIED,
    Symptom,
)

FILES = ("symptoms.md", "symptoms-seen.md")
SPAN = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Entry:
    line: str
    texts: tuple[str, ...]
    """What is seen, each as it can be searched for."""
    rules: frozenset[str]


@pytest.fixture(scope="module")
def entries(root: Path, rules: tuple[Rule, ...]) -> tuple[Entry, ...]:
    names = frozenset(rule.name for rule in rules)
    return tuple(entry for name in FILES for entry in read(root / "references" / name, names))


def read(path: Path, names: frozenset[str]) -> Iterator[Entry]:
    for line in path.read_text("utf-8").splitlines():
        seen, arrow, fix = line.removeprefix("- ").partition(" → ")
        if line.startswith("- "):
            assert arrow, f"{path.name}: {line}"
            yield Entry(line, tuple(SPAN.findall(seen)), names.intersection(SPAN.findall(fix)))


def test_every_entry_leads_to_a_rule(entries: tuple[Entry, ...]) -> None:
    assert len(entries) > 100
    assert [entry.line for entry in entries if not entry.texts or not entry.rules] == []


def test_every_outcome_of_every_rule_is_found(
    entries: tuple[Entry, ...], rules: tuple[Rule, ...]
) -> None:
    def found(rule: Rule, outcome: str) -> bool:
        own = (entry for entry in entries if rule.name in entry.rules)
        return any(text in outcome for entry in own for text in entry.texts)

    lost = [
        f"{rule.name}: {outcome.text}"
        for rule in rules
        for outcome in rule.outcomes
        if not found(rule, outcome.text)
    ]
    assert not lost, "\n".join(lost)


def test_every_text_is_an_outcome_or_is_tried(
    root: Path, entries: tuple[Entry, ...], rules: tuple[Rule, ...]
) -> None:
    outcomes = [outcome.text for rule in rules for outcome in rule.outcomes]
    texts = {text for entry in entries for text in entry.texts}
    other = {text for text in texts if not any(text in outcome for outcome in outcomes)}

    assert other == TRIED.keys() | STAND_IN.keys()
    for text, path in STAND_IN.items():
        assert text in (root / path).read_text("utf-8"), f"{path}: {text}"


async def met(symptom: Symptom, url: str) -> str:
    try:
        return str(await symptom(url))
    except Exception as error:  # noqa: BLE001 - whatever it is, its text is what is told
        return f"{type(error).__name__}: {error}"


@pytest.mark.asyncio
@pytest.mark.parametrize("text", ON_SQLITE)
async def test_on_sqlite(tmp_path: Path, text: str) -> None:
    assert text in await met(ON_SQLITE[text], f"sqlite+aiosqlite:///{tmp_path / 'symptoms.db'}")


@pytest.mark.postgres
@pytest.mark.asyncio
@pytest.mark.parametrize("text", ON_POSTGRESQL)
async def test_on_postgresql(new_url: str, text: str) -> None:
    url = new_url.replace("postgresql://", "postgresql+asyncpg://")
    assert text in await met(ON_POSTGRESQL[text], url)


@pytest.mark.postgres
@pytest.mark.pgbouncer
@pytest.mark.asyncio
@pytest.mark.parametrize("text", BEHIND_PGBOUNCER)
async def test_behind_pgbouncer(new_url: str, text: str) -> None:
    url = new_url.replace("postgresql://", "postgresql+asyncpg://")
    assert text in await met(BEHIND_PGBOUNCER[text], url)
