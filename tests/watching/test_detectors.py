"""What the texts say that `observe` sees has detectors, and detectors have texts that say so."""

import re
from pathlib import Path

import pytest

from async_db.rules import Rule
from async_db.watching import DETECTORS, detectors

FOLDER = Path(detectors.__file__).parent
# What it sees is a wait. The counterexample of its rule is a service that waits and does not say so.
SEEN_WITHOUT_THE_COUNTEREXAMPLE = frozenset({"pooling/watch-the-pool"})
MAX_LINES = 100  # so that whoever adds one copies a neighbour


def test_detectors_and_texts_name_the_same_rules(rules: tuple[Rule, ...]) -> None:
    caught = {rule.name for rule in rules if rule.observed}
    assert caught
    assert {detector.rule for detector in DETECTORS} == caught | SEEN_WITHOUT_THE_COUNTEREXAMPLE


def test_what_is_seen_without_the_counterexample_is_told_in_the_text(
    rules: tuple[Rule, ...],
) -> None:
    told = {rule.name for rule in rules if "`pytest -p async_db_observe`" in rule.full.body}
    assert told >= SEEN_WITHOUT_THE_COUNTEREXAMPLE


def test_a_detector_is_where_its_rules_name_leads() -> None:
    for detector in DETECTORS:
        topic, _, slug = detector.rule.partition("/")
        assert (
            detector.detect.__module__ == f"{detectors.__name__}.{topic}.{slug.replace('-', '_')}"
        )


def test_detectors_come_in_the_order_of_their_rules() -> None:
    rules = [detector.rule for detector in DETECTORS]
    assert rules == sorted(rules)


FILES = [path for path in sorted(FOLDER.glob("*/*.py")) if path.name != "__init__.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_detectors_file_is_short_and_speaks_of_its_rule_alone(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) < MAX_LINES
    named = re.findall(r'"([a-z]+/[a-z0-9-]+)"', text)
    assert named == [f"{path.parent.name}/{path.stem.replace('_', '-')}"]
    assert named[0] in {detector.rule for detector in DETECTORS}, "detects nothing"
