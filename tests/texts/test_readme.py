"""README's tables are whole; `verify.py --check README.md` compares the first with what is found."""

from pathlib import Path

from async_db.auditing import FINDS
from async_db.proving import MARKS, RELEASES_MARKS, with_table
from async_db.rules import DATABASES, Rule
from async_db.scaffold import read_manifest
from faults import MARKS as FAULTS_MARKS


def test_the_table_has_all_rules_and_says_what_their_texts_say(
    root: Path, rules: tuple[Rule, ...]
) -> None:
    rows = rows_between(root, MARKS)
    wirings = read_manifest(root / "templates").options["wiring"]

    def wiring(rule: Rule) -> str:
        if rule.every_wiring:
            return f"{len(wirings.allowed)} wirings"
        return rule.options.get("wiring", wirings.default)

    def cell(rule: Rule, database: str) -> str:
        if database not in rule.databases:
            return "–"
        seen = ", observed" * rule.observed + ", audited" * (rule.name in FINDS)
        return f"proved, refuted{seen}"

    expected = [
        [rule.name, wiring(rule), *(cell(rule, database) for database in DATABASES)]
        for rule in rules
    ]
    assert rows[: len(rules)] == expected, "run: uv run scripts/verify.py --update README.md"


def test_the_table_of_releases_has_all_rules_and_their_windows(
    root: Path, rules: tuple[Rule, ...]
) -> None:
    rows = rows_between(root, RELEASES_MARKS)
    bound = [[rule.name, "; ".join(map(str, rule.window))] for rule in rules if rule.window]

    run = "run: uv run scripts/verify.py --releases --update README.md"
    assert [row[:2] for row in rows[: len(bound)]] == bound, run
    assert rows[len(bound)][:2] == [f"{len(rules) - len(bound)} other rules", "any release"], run


def test_ci_runs_the_commands_and_leaves_nothing_out(root: Path) -> None:
    script = (root / ".ci/run").read_text("utf-8")

    assert "uv run scripts/verify.py --strict --check README.md\n" in script
    assert "uv run scripts/faults.py --strict\n" in script
    assert "uv run pytest --strict-programs --exhaustive\n" in script


def test_the_table_of_faults_has_its_place(root: Path) -> None:
    text = (root / "README.md").read_text("utf-8")
    assert with_table(text, "", FAULTS_MARKS)


def rows_between(root: Path, marks: tuple[str, str]) -> list[list[str]]:
    """Give the cells of a table, without its header."""
    table = (root / "README.md").read_text("utf-8").partition(marks[0])[2].partition(marks[1])[0]
    return [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in table.split("\n")[3:]
    ]
