"""The pytest plugin that writes a record for who moves the project to async, where one is wanted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..records import Record, as_json, parse_record

if TYPE_CHECKING:
    from ..watching import RunRecorder

WORKER_KEY = "async_db_observe_record"
NEVER_EXPIRED = (
    "With --observe-record, sessions do not expire what they commit: session/no-expire-on-commit "
    "was not judged, and a test that fails now and passes else relies on it."
)


class Recording:
    """Records while the tests run, and writes what this process and its workers have seen.

    It changes what tests see in one thing: sessions do not expire what they commit, unless that is
    asked for. A fault of its own is told and not raised.

    Parameters:
        root: the project.
        output: where the record goes.
        expires: whether sessions expire what they commit.
    """

    def __init__(self, root: Path, output: Path, *, expires: bool) -> None:
        self._expires = expires
        self._root = root
        self._output = output
        self._stack = ExitStack()
        self._records: list[Record] = []
        self._failed: set[str] = set()
        self._problems: list[str] = []
        self._recorder: RunRecorder | None = None
        self._said = ""
        self._guarded(self._begin)

    def _begin(self) -> None:
        from ..watching import RunRecorder, recorded

        recorder = RunRecorder(self._root, expires=self._expires)
        self._stack.enter_context(recorded(recorder))
        self._recorder = recorder

    def _guarded(self, call: Callable[..., object], *arguments: object) -> None:
        try:
            call(*arguments)
        except Exception as error:  # noqa: BLE001 (whatever it is, the tests must not notice)
            self._problems.append(f"gave up recording: {type(error).__name__}: {error}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._recorder is not None:
            self._records.append(self._recorder.record())
        output = getattr(session.config, "workeroutput", None)
        if output is None:
            self._guarded(self._write)
            return
        told = Record({}, problems=tuple(self._problems))
        output[WORKER_KEY] = [as_json(each) for each in (*self._records, told)]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist has seen."""
        told = getattr(node, "workeroutput", {}).get(WORKER_KEY)
        if told is None:
            self._problems.append("did not record everything: a worker ended without a word")
        else:
            self._guarded(lambda: self._records.extend(map(parse_record, told)))

    def _write(self) -> None:
        from ..watching import settled_below

        own = Record({}, failed=tuple(self._failed), problems=tuple(self._problems))
        record = settled_below(self._root, [*self._records, own])
        self._output.write_text(as_json(record), encoding="utf-8")
        direct = sum(each.direct for each in record.functions)
        self._said = (
            f"observe recorded {direct} functions over the database, {len(record.calls)} calls "
            f"and {len(record.loads)} loads by reading to {self._output}"
        )
        self._problems += (each for each in record.problems if each not in self._problems)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for problem in self._problems:
            terminalreporter.write_line(f"observe {problem}", yellow=True)
        if self._said:
            terminalreporter.write_line(self._said)

    def pytest_unconfigure(self) -> None:
        self._stack.close()
