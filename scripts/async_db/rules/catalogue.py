"""The catalogue of rules, read from the text of `references/*.md`.

A rule is a `## slug` heading in `references/topic.md`. Its text is the single source of what the
rule claims, which releases and databases it holds for, and what happens when it is broken.
Standard library only.
"""

from pathlib import Path

from .markdown import CatalogueError
from .parsing import parse_rules
from .rule import Rule


def load_rules(references: Path) -> tuple[Rule, ...]:
    """Read every rule of a folder of reference texts, ordered by file name and place.

    Args:
        references: the folder whose `*.md` files are read; its subfolders are not.

    Raises:
        CatalogueError: a text is malformed or unreadable, or there is no rule at all.
    """
    paths = sorted(references.glob("*.md"))
    rules = tuple(rule for path in paths for rule in parse_rules(_read(path), path))
    if not rules:
        raise CatalogueError(f"{references}: no rules found")
    return rules


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}:1: cannot be read: {error}") from error
