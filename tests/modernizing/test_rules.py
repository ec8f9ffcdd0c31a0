"""What a change follows is a rule of the catalogue, so that its text can be looked up."""

import re
from pathlib import Path

from async_db.rules import load_rules

_NAMED = re.compile(
    r"\"((?:engine|loading|migrating|pooling|queries|repository|session|tenancy|testing|wiring)/[a-z0-9-]+)\""
)


def test_every_rule_that_a_step_names_is_in_the_catalogue(root: Path) -> None:
    rules = {rule.name for rule in load_rules(root)}
    named = {
        (name, path.name)
        for path in (root / "scripts/async_db/modernizing").rglob("*.py")
        for name in _NAMED.findall(path.read_text())
    }
    assert len(named) > 10
    assert {each for each in named if each[0] not in rules} == set()
