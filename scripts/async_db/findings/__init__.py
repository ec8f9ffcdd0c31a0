"""One finding, whoever has found it, and the forms in which findings are told.

All of it is standard library only: `observe` loads it in the environment of the service it watches.
"""

from .allowances import (
    Allowance,
    allowance_notices,
    allowances_in,
    allowances_of,
    without_allowed,
)
from .baseline import Baseline, BaselineError, baseline_text, new_findings, read_baseline
from .cards import Card, Case, cards, counted, seen_in, seen_on
from .command_lines import CommandParser
from .escaping import json_text, visible
from .finding import GRADES, Finding, Grade
from .fingerprints import fingerprint
from .formats import FORMATS, Format, format_findings
from .github_format import as_github
from .json_format import SCHEMA_VERSION, as_json, card_data
from .merging import MergedFinding, merged
from .notice import Level, Notice, blind
from .printing import print_whole
from .sarif_format import as_sarif
from .source_lines import Comment, SourceFiles, comments_in
from .text_format import as_text, card_lines, chosen, counted_by_rule, notices_as_text

__all__ = [
    "FORMATS",
    "GRADES",
    "SCHEMA_VERSION",
    "Allowance",
    "Baseline",
    "BaselineError",
    "Card",
    "Case",
    "CommandParser",
    "Comment",
    "Finding",
    "Format",
    "Grade",
    "Level",
    "MergedFinding",
    "Notice",
    "SourceFiles",
    "allowance_notices",
    "allowances_in",
    "allowances_of",
    "as_github",
    "as_json",
    "as_sarif",
    "as_text",
    "baseline_text",
    "blind",
    "card_data",
    "card_lines",
    "cards",
    "chosen",
    "comments_in",
    "counted",
    "counted_by_rule",
    "fingerprint",
    "format_findings",
    "json_text",
    "merged",
    "new_findings",
    "notices_as_text",
    "print_whole",
    "read_baseline",
    "seen_in",
    "seen_on",
    "visible",
    "without_allowed",
]
