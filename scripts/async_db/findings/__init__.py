"""One finding, whoever has found it, and the forms in which findings are told.

All of it is standard library only: `observe` loads it in the environment of the service it watches.
"""

from async_db.findings.baseline import BaselineError, baseline_text, new_findings, read_baseline
from async_db.findings.escaping import json_text, visible
from async_db.findings.finding import GRADES, Finding, Grade
from async_db.findings.fingerprints import fingerprint
from async_db.findings.formats import FORMATS, Format, format_findings
from async_db.findings.github_format import as_github
from async_db.findings.json_format import SCHEMA_VERSION, as_json
from async_db.findings.merging import MergedFinding, merged
from async_db.findings.sarif_format import as_sarif
from async_db.findings.text_format import as_text

__all__ = [
    "FORMATS",
    "GRADES",
    "SCHEMA_VERSION",
    "BaselineError",
    "Finding",
    "Format",
    "Grade",
    "MergedFinding",
    "as_github",
    "as_json",
    "as_sarif",
    "as_text",
    "baseline_text",
    "fingerprint",
    "format_findings",
    "json_text",
    "merged",
    "new_findings",
    "read_baseline",
    "visible",
]
