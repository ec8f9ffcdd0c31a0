"""A rule to judge by, as small as one can be."""

from pathlib import Path

from async_db.rules import Rule, parse_short_texts, parse_story, rule_of

SHORT = """# Sums

## adds

**It adds.**

*Symptom:* `assert -1 == 3`
"""
STORY = """# adds

- **Window:** {window}
- **Databases:** {databases}
- **Outcome:** {outcome}
"""


def rule_of_sums(
    window: str = "any release",
    databases: str = "SQLite, PostgreSQL",
    outcome: str = "`assert -1 == 3`",
) -> Rule:
    """Make `sums/adds`, whose story states these."""
    story = STORY.format(window=window, databases=databases, outcome=outcome)
    (short,) = parse_short_texts(SHORT, Path("sums.md"))
    return rule_of(short, parse_story(story, Path("adds.md")))
