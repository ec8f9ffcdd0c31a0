"""Evidence as a table that reads well in a terminal, with what went wrong below it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from async_db.proving.evidence.markdown import EMPTY_CELL, pipe_table, shortened
from async_db.proving.evidence.results import Evidence, Result, ServiceTests
from async_db.rules import DATABASES

NOT_RUN_CELL = "not run"
"""Stands where a program is missing; below the table it says which, and how to install it."""

SERVICE_TESTS = "the service's own tests"

MOST_CHARACTERS = 10_000
"""Of what is printed unless all is asked for: tools cut what is longer."""

_CELL_WIDTH = 60
_REASON_WIDTH = 600


def evidence_table(evidence: Evidence, databases: Sequence[str]) -> str:
    """Give a Markdown table with a column per database, and below it what has no room there.

    Args:
        evidence: what was found.
        databases: the keys of the databases that were asked for, in the order of columns.
    """
    header = ["rule", "wiring", *(DATABASES[key] for key in databases)]
    rows = [
        *(_row(name, evidence.results, databases) for name in _names(evidence)),
        *_tests_rows(evidence.service_tests, databases),
    ]
    lines = [*_wrong(evidence), *_not_run(evidence)]
    return pipe_table([header, *rows]) + "".join(["\n", *lines] if lines else [])


def printed_table(evidence: Evidence, databases: Sequence[str], *, everything: bool) -> str:
    """Give the table as it is read in one go: where it is long, what is not as it should be.

    Args:
        evidence: what was found.
        databases: the keys of the databases that were asked for, in the order of columns.
        everything: whether to give all of it, however long it is.
    """
    table = evidence_table(evidence, databases)
    if everything or len(table) <= MOST_CHARACTERS:
        return table
    wrong = {result.rule for result in evidence.results if not result.good}
    part = replace(evidence, results=tuple(each for each in evidence.results if each.rule in wrong))
    good = len(_names(evidence)) - len(wrong)
    told = f"{evidence_table(part, databases)}\n{good} rules more are as they should be: --all\n"
    lines = told.splitlines(keepends=True)
    shown = list(accumulate(lines))
    kept = sum(len(each) <= MOST_CHARACTERS - _REASON_WIDTH for each in shown)
    if kept == len(lines):
        return told
    return f"{shown[kept - 1]}\n{len(lines) - kept} lines more: --all\n"


def _names(evidence: Evidence) -> list[str]:
    return list(dict.fromkeys(result.rule for result in evidence.results))


def _row(name: str, results: Sequence[Result], databases: Sequence[str]) -> list[str]:
    wirings = list(dict.fromkeys(result.wiring for result in results if result.rule == name))
    wiring = wirings[0] if len(wirings) == 1 else f"{len(wirings)} wirings"
    return [name, wiring, *(_cell(_together(results, name, key)) for key in databases)]


def _together(results: Sequence[Result], rule: str, database: str) -> list[Result]:
    """Give the results that share a cell."""
    return [part for part in results if (part.rule, part.database) == (rule, database)]


def _cell(results: Sequence[Result]) -> str:
    """Say what came of a rule on one database, on each wiring that it was tried on."""
    if not results:
        return EMPTY_CELL
    wrong = next((result for result in results if result.reason is not None), None)
    if wrong is not None:
        wiring = f"{wrong.wiring}: " if len(results) > 1 else ""
        return shortened(f"{wiring}{wrong.reason}", _CELL_WIDTH)
    if any(result.not_run for result in results):
        return NOT_RUN_CELL
    refuted = any(result.refuted for result in results)
    observed = any(result.observed for result in results)
    audited = any(result.audited for result in results)
    return "proved" + ", refuted" * refuted + ", observed" * observed + ", audited" * audited


def _tests_rows(tests: Sequence[ServiceTests], databases: Sequence[str]) -> Iterator[list[str]]:
    for wiring in dict.fromkeys(part.wiring for part in tests):
        cells = {part.database: _tests_cell(part) for part in tests if part.wiring == wiring}
        yield [SERVICE_TESTS, wiring, *(cells.get(key, EMPTY_CELL) for key in databases)]


def _tests_cell(tests: ServiceTests) -> str:
    if not tests.passed and not tests.failed and tests.reason:
        return shortened(tests.reason, _CELL_WIDTH)
    counts = {"passed": tests.passed, "failed": tests.failed, "skipped": tests.skipped}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _wrong(evidence: Evidence) -> Iterator[str]:
    """Say what went wrong, where a cell has no room for it or does not say where."""
    for result in evidence.results:
        shown = _cell(_together(evidence.results, result.rule, result.database))
        told = shown in (result.reason, f"{result.wiring}: {result.reason}")
        if result.reason is not None and not told:
            yield _line(result.rule, result, result.reason)
    for tests in evidence.service_tests:
        if tests.reason is not None:
            yield _line(SERVICE_TESTS, tests, tests.reason)


def _not_run(evidence: Evidence) -> Iterator[str]:
    for result in evidence.not_run:
        yield _line(result.rule, result, f"not run: {result.not_run}")


def _line(name: str, part: Result | ServiceTests, what: str) -> str:
    where = f"{DATABASES[part.database]} ({part.wiring})"
    return f"- {name} on {where}: {shortened(what, _REASON_WIDTH)}\n"
