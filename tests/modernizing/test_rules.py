"""What the steps name as rules are rules, so that who reads a mark finds the text it speaks of."""

import re
from pathlib import Path

from async_db.rules import Rule

_NAMED = re.compile(r'"((?:[a-z]+)/(?:[a-z]+-)+[a-z]+)"')


def test_each_rule_that_is_named_is_one(root: Path, rules: tuple[Rule, ...]) -> None:
    known = {str(each.name) for each in rules}
    files = list((root / "scripts/async_db/modernizing").rglob("*.py"))
    named = {name for file in files for name in _NAMED.findall(file.read_text())}
    assert "testing/asgi-transport" in named
    assert named - known == set()
