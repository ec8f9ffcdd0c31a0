"""The catalogue of rules: `references/topic*.md` and the story of each, beside its proof.

A rule is a `## slug` heading in `references/topic.md`, or `references/topic-aspect.md` where the
topic has several files. What that says is enough to write code by. The story tells the rule in
full, and is the single source of which releases and databases it holds for, and of what happens
when it is broken. Standard library only.
"""

from pathlib import Path

from .markdown import CatalogueError
from .rule import Rule, ShortText, rule_of
from .short_texts import parse_short_texts
from .stories import parse_story


def load_rules(root: Path) -> tuple[Rule, ...]:
    """Read every rule of a pack, ordered by file name and place in its reference text.

    Args:
        root: the pack's folder, with `references/` and `tests/proofs/`.

    Raises:
        CatalogueError: a text is malformed or unreadable, or there is no rule at all.
    """
    shorts = load_short_texts(root / "references")
    return tuple(rule_of(short, parse_story(*_read(root / short.story))) for short in shorts)


def load_short_texts(references: Path) -> tuple[ShortText, ...]:
    """Read what a folder of reference texts says of every rule, which is quicker.

    Args:
        references: the folder whose `*.md` files are read; its subfolders are not.

    Raises:
        CatalogueError: a text is malformed or unreadable, tells a rule that another tells, or
            there is no rule at all.
    """
    found: dict[str, ShortText] = {}
    for path in sorted(references.glob("*.md")):
        for short in parse_short_texts(*_read(path)):
            if short.name in found:
                first = found[short.name].text.path.name
                raise CatalogueError(f"{path}:{short.text.line}: {short.slug}: is in {first} too")
            found[short.name] = short
    if not found:
        raise CatalogueError(f"{references}: no rules found")
    return tuple(found.values())


def _read(path: Path) -> tuple[str, Path]:
    try:
        return path.read_text(encoding="utf-8"), path
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}:1: cannot be read: {error}") from error
