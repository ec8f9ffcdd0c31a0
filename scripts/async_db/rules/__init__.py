"""The catalogue of rules, read from their texts, and the patches that break them.

All of it is standard library only: `observe` reads the rules' claims where a service's tests run.
"""

from .catalogue import load_rules
from .completeness import missing_parts
from .markdown import CatalogueError
from .parsing import EVERY_WIRING, FIELDS, NON_RULE_HEADINGS, parse_rules
from .patches import PatchError, apply_patch, apply_to_tree, parse_patch
from .rule import DATABASES, CodeBlock, Link, Rule, StatedOutcome
from .windows import Comparator, Requirement

__all__ = [
    "DATABASES",
    "EVERY_WIRING",
    "FIELDS",
    "NON_RULE_HEADINGS",
    "CatalogueError",
    "CodeBlock",
    "Comparator",
    "Link",
    "PatchError",
    "Requirement",
    "Rule",
    "StatedOutcome",
    "apply_patch",
    "apply_to_tree",
    "load_rules",
    "missing_parts",
    "parse_patch",
    "parse_rules",
]
