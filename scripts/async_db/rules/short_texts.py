"""A reference text read into the short texts of its rules. Standard library only."""

import re
from pathlib import Path

from .markdown import Section, sections
from .rule import ShortText

SYMPTOM = "*Symptom:*"
"""What the paragraph begins with that says what is seen when the rule is broken."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def parse_short_texts(text: str, path: Path) -> tuple[ShortText, ...]:
    """Read the rules of one reference text; each second-level heading is one.

    Args:
        text: the Markdown text.
        path: where it comes from; its stem, up to a hyphen, is the topic, and errors name it.

    Raises:
        CatalogueError: the text is malformed.
    """
    found: dict[str, ShortText] = {}
    for section in sections(text, path)[1:]:
        short = _short_text(section, path.stem.partition("-")[0])
        if short.slug in found:
            first = found[short.slug].text.line
            raise section.error(f"is a second rule of that name, the first is at line {first}")
        found[short.slug] = short
    return tuple(found.values())


def _short_text(section: Section, topic: str) -> ShortText:
    if not _SLUG.fullmatch(section.title):
        raise section.error("the heading is not a rule's slug")
    claim, *rest = section.paragraphs() or [""]
    found = re.fullmatch(r"\*\*([^*].*?)\*\*", claim)
    if found is None or "**" in found[1]:
        raise section.error("the first paragraph is not one bold sentence")
    symptoms = [each for each in rest if each.startswith(SYMPTOM)]
    if len(symptoms) != 1 or not symptoms[0].removeprefix(SYMPTOM).strip():
        raise section.error(f"there is not one paragraph that says its {SYMPTOM}")
    return ShortText(
        topic,
        section.title,
        found[1],
        symptoms[0].removeprefix(SYMPTOM).strip(),
        section.text(after=section.first_paragraph_end()),
    )
