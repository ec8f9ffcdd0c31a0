"""`pytest -p async_db_observe` on real projects: what it sees, what it leaves alone, how it tells."""

import json
import re
from pathlib import Path

import pytest

from async_db.rules import apply_to_tree
from helpers.observing import observed_findings, outcomes, run_pytest
from helpers.sync_service import SYNC_SERVICE

# Verification watches the proofs of all rules; here, the service's own tests show what is broken.
SEEN = ("engine/disposed-on-shutdown", "session/commit-before-response")
# Of the service's tests, those that show what is broken.
SHOWING = "created_can_be_read or is_unique or commit_that_fails or other_constraint_violations"


def test_nothing_is_found_in_the_rendered_service(project: Path) -> None:
    done = run_pytest(project, alone=True)
    assert done.returncode == 0, done.stdout
    watched = re.search(r"(\d+) requests watched, findings: none", done.stdout)
    assert watched, done.stdout
    assert int(watched[1]) > 50


@pytest.mark.parametrize("broken", SEEN)
def test_what_people_write_is_found(project: Path, root: Path, broken: str) -> None:
    apply_to_tree((root / f"tests/counterexamples/{broken}.patch").read_text("utf-8"), project)

    found = observed_findings(project, "-k", SHOWING)

    proven = [finding for finding in found if finding["rule"] == broken]
    assert proven, found
    assert {finding["grade"] for finding in proven} & {"proven"}
    assert all((project / finding["path"]).is_file() for finding in proven)


def test_a_sync_service_under_testclient(sync_project: Path) -> None:
    found = observed_findings(sync_project)

    told = {(finding["rule"], finding["grade"], finding["route"]) for finding in found}
    assert told == {
        ("session/commit-before-response", "proven", "POST /rows"),
        ("session/commit-before-response", "proven", "POST /forgotten"),
        ("pooling/one-connection-per-request", "proven", "POST /audited"),
    }
    (late,) = (finding for finding in found if finding["route"] == "POST /rows")
    line = SYNC_SERVICE.splitlines()[late["line"] - 1]
    assert (late["path"], line.strip()) == ("service.py", "db.commit()")
    order = [entry.lstrip("> ").split()[0] for entry in late["evidence"]]
    assert order.index("response.start") < order.index("unit.commit")


def test_the_outcomes_stay_what_they_were(sync_project: Path) -> None:
    without, watched = (run_pytest(sync_project, plugin=on, alone=True) for on in (False, True))
    assert outcomes(watched) == outcomes(without) == "1 failed, 4 passed, 1 skipped"
    assert watched.returncode == without.returncode == 1


@pytest.mark.exhaustive
def test_workers_tell_what_they_found(sync_project: Path) -> None:
    found = observed_findings(
        sync_project, "-n", "2", "--deselect=test_service.py::test_that_fails"
    )
    assert {finding["route"] for finding in found} >= {"POST /rows"}


def test_findings_fail_the_run_only_if_told_to(sync_project: Path) -> None:
    passing = ("--deselect=test_service.py::test_that_fails",)
    assert run_pytest(sync_project, *passing).returncode == 0
    assert run_pytest(sync_project, "--observe-fail-on=proven", *passing).returncode == 1


def test_known_findings_are_not_told_again(sync_project: Path) -> None:
    passing = ("--deselect=test_service.py::test_that_fails", "--observe-fail-on=proven")
    baseline = "--observe-baseline=known.json"
    run_pytest(sync_project, baseline, "--observe-update-baseline", *passing)
    assert (sync_project / "known.json").exists()

    done = run_pytest(sync_project, baseline, *passing)

    assert done.returncode == 0, done.stdout
    assert "findings: none" in done.stdout


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_other_forms(sync_project: Path, form: str) -> None:
    run_pytest(sync_project, f"--observe-format={form}", "--observe-output=found.txt")
    text = (sync_project / "found.txt").read_text("utf-8")
    if form == "sarif":
        results = json.loads(text)["runs"][0]["results"]
        assert {result["ruleId"] for result in results} >= {"session/commit-before-response"}
    else:
        assert "::error file=service.py,line=" in text


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_page_shows_what_offends(sync_project: Path, workers: tuple[str, ...]) -> None:
    done = run_pytest(sync_project, "--observe-html=out.html", *workers)
    assert "4 requests watched, findings: 3 proven" in done.stdout
    assert "Error" not in done.stdout.replace("AssertionError", "")

    page = (sync_project / "out.html").read_text("utf-8")
    assert page.count("<svg") >= 4
    for shown in ("POST /rows", "GET /rows", "session/commit-before-response", "service.py:"):
        assert shown in page


def test_a_fault_while_watching_reaches_no_test(sync_project: Path) -> None:
    plugin = sync_project / "faulty.py"
    plugin.write_text(
        "from async_db_observe_pack.watching import Observer\n"
        "def fail(*_):\n    raise LookupError('lost')\n"
        "Observer._on_session_made = fail\n"
        "Observer._examine = fail\n"
        "Observer._on_statement = fail\n"
    )
    done = run_pytest(sync_project, "-p", "faulty")
    assert outcomes(done) == "1 failed, 4 passed, 1 skipped", done.stdout
    assert (
        "observe did not see everything: LookupError: lost (faulty.py:3)"
        in done.stdout + done.stderr
    )
