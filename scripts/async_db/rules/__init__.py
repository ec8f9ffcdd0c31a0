"""The catalogue of rules, read from their texts, and the patches that break them.

All of it is standard library only: `observe` reads the rules' claims where a service's tests run.
"""

from async_db.rules.catalogue import load_rules
from async_db.rules.completeness import missing_parts
from async_db.rules.markdown import CatalogueError
from async_db.rules.parsing import EVERY_WIRING, FIELDS, NON_RULE_HEADINGS, parse_rules
from async_db.rules.patches import PatchError, apply_patch, apply_to_tree, parse_patch
from async_db.rules.rule import DATABASES, CodeBlock, Link, Rule, StatedOutcome
from async_db.rules.windows import Comparator, Requirement

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
