"""README's table is whole; `verify.py --check README.md` compares it with what is found."""

from pathlib import Path

from async_db.catalogue import DATABASES, Rule
from async_db.evidence import MARKS


def test_the_table_has_all_rules_and_says_what_their_texts_say(
    root: Path, rules: tuple[Rule, ...]
) -> None:
    table = (root / "README.md").read_text("utf-8").partition(MARKS[0])[2].partition(MARKS[1])[0]
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in table.split("\n")[3:]
    ]

    def cell(rule: Rule, database: str) -> str:
        if database not in rule.databases:
            return "–"  # noqa: RUF001 - the dash of an empty cell
        return "proved, refuted, observed" if rule.observed else "proved, refuted"

    expected = [[rule.name, *(cell(rule, database) for database in DATABASES)] for rule in rules]
    assert rows[: len(rules)] == expected, "run: uv run scripts/verify.py --update README.md"
