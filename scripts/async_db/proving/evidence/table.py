"""Evidence as a table that reads well in a terminal, with what went wrong below it."""

from collections.abc import Sequence

from async_db.proving.evidence.markdown import EMPTY_CELL, pipe_table, shortened
from async_db.proving.evidence.results import Evidence, Result, ServiceTests
from async_db.rules.catalogue import DATABASES

_CELL_WIDTH = 60
_REASON_WIDTH = 600


def evidence_table(evidence: Evidence, databases: Sequence[str]) -> str:
    """Give a Markdown table with a column per database, and below it what went wrong.

    Args:
        evidence: what was found.
        databases: the keys of the databases that were asked for, in the order of columns.
    """
    header = ["rule", *(DATABASES[database] for database in databases)]
    cells = {(result.rule, result.database): _cell(result) for result in evidence.results}
    names = dict.fromkeys(result.rule for result in evidence.results)
    rows = [[name, *(cells.get((name, key), EMPTY_CELL) for key in databases)] for name in names]
    if evidence.service_tests:
        tests = {tests.database: _tests_cell(tests) for tests in evidence.service_tests}
        rows.append(["the service's own tests", *(tests.get(key, EMPTY_CELL) for key in databases)])
    return pipe_table([header, *rows]) + "".join(_details(evidence))


def _details(evidence: Evidence) -> list[str]:
    """Give what a cell has no room for."""
    wrong = [
        *(
            (result.rule, result.database, result.reason)
            for result in evidence.results
            if result.reason is not None and result.reason != _cell(result)
        ),
        *(
            ("the service's own tests", tests.database, tests.reason)
            for tests in evidence.service_tests
        ),
    ]
    lines = [
        f"- {name} on {DATABASES[database]}: {shortened(reason, _REASON_WIDTH)}\n"
        for name, database, reason in wrong
        if reason is not None
    ]
    return ["\n", *lines] if lines else []


def _cell(result: Result) -> str:
    if result.reason is None:
        return "proved, refuted, observed" if result.observed else "proved, refuted"
    return shortened(result.reason, _CELL_WIDTH)


def _tests_cell(tests: ServiceTests) -> str:
    if not tests.passed and not tests.failed and tests.reason:
        return shortened(tests.reason, _CELL_WIDTH)
    counts = {"passed": tests.passed, "failed": tests.failed, "skipped": tests.skipped}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)
