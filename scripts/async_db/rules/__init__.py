"""The catalogue of rules, read from their texts, and the patches that break them.

All of it is standard library only: `observe` reads the rules' claims where a service's tests run.
"""

from .catalogue import load_rules, load_short_texts
from .completeness import missing_parts
from .explaining import MOST_CHARACTERS, explained, explanation, rule_called
from .markdown import CatalogueError
from .patches import PatchError, apply_patch, apply_to_tree, parse_patch
from .rule import (
    DATABASES,
    Address,
    CodeBlock,
    Rule,
    ShortText,
    StatedOutcome,
    Story,
    Text,
    rule_of,
)
from .short_texts import SYMPTOM, parse_short_texts
from .stories import EVERY_WIRING, FIELDS, parse_story
from .windows import Comparator, Requirement

__all__ = [
    "DATABASES",
    "EVERY_WIRING",
    "FIELDS",
    "MOST_CHARACTERS",
    "SYMPTOM",
    "Address",
    "CatalogueError",
    "CodeBlock",
    "Comparator",
    "PatchError",
    "Requirement",
    "Rule",
    "ShortText",
    "StatedOutcome",
    "Story",
    "Text",
    "apply_patch",
    "apply_to_tree",
    "explained",
    "explanation",
    "load_rules",
    "load_short_texts",
    "missing_parts",
    "parse_patch",
    "parse_short_texts",
    "parse_story",
    "rule_called",
    "rule_of",
]
