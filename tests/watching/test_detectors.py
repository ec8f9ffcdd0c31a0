"""Every rule that its text says `observe` sees has detectors, and every detector its rule."""

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
    told = {rule.name for rule in rules if "`pytest -p observe`" in section(rule)}
    assert told >= SEEN_WITHOUT_THE_COUNTEREXAMPLE


def section(rule: Rule) -> str:
    _, _, text = rule.path.read_text("utf-8").partition(f"\n## {rule.slug}\n")
    return text.partition("\n## ")[0]


def test_a_detector_is_where_its_rules_name_leads() -> None:
    for detector in DETECTORS:
        topic, _, slug = detector.rule.partition("/")
        assert (
            detector.detect.__module__ == f"{detectors.__name__}.{topic}.{slug.replace('-', '_')}"
        )


def test_detectors_come_in_the_order_of_their_rules() -> None:
    rules = [detector.rule for detector in DETECTORS]
    assert rules == sorted(rules)


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*/*.py")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_a_detectors_file_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) < MAX_LINES
    if path.name != "__init__.py":
        module = f"{detectors.__name__}.{path.parent.name}.{path.stem}"
        assert any(detector.detect.__module__ == module for detector in DETECTORS), (
            "detects nothing"
        )
