"""The choice of a form, and what telling findings needs."""

import subprocess
import sys
from pathlib import Path

import pytest

from async_db.findings import FORMATS, as_github, as_json, as_sarif, as_text, format_findings
from helpers.findings import FOUND, RULE


def test_format_findings_picks_the_form() -> None:
    rules = {RULE: "Commit first."}

    assert [format_findings([FOUND], form, tool="audit", rules=rules) for form in FORMATS] == [
        as_text([FOUND]),
        as_json([FOUND]),
        as_sarif([FOUND], "audit", rules),
        as_github([FOUND]),
    ]


def test_format_findings_names_the_forms_there_are() -> None:
    with pytest.raises(ValueError, match="'xml': one of text, json, sarif, github"):
        format_findings([], "xml", tool="audit", rules={})


def test_it_runs_on_the_standard_library_alone(root: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from async_db.findings import Finding, FORMATS, format_findings\n"
        "found = [Finding('a/b', 'review', 'c.py', 1, 'm', 'd')]\n"
        "assert all(format_findings(found, form, tool='t', rules={}) for form in FORMATS)\n"
        "own = {n.partition('.')[0] for n in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(*sorted(own - {'__main__'}))\n"
    )
    done = subprocess.run(  # noqa: S603 (our own program, arguments as a list)
        [sys.executable, "-I", "-S", "-B", "-c", program, str(root / "scripts")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("async_db\n", "")
