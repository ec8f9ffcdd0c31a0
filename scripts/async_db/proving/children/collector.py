"""The pytest plugin by which a child tells its parent what happens."""

from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from async_db.proving.children.job import AFTER_THE_TESTS, Outcome, Status
from async_db.proving.children.messages import members_of, message_of, named

if TYPE_CHECKING:
    import pytest

    from async_db.watching import TestRecorder


class Collector:
    """The pytest plugin that tells the parent what happens."""

    def __init__(self, writer: Connection, recorder: "TestRecorder | None") -> None:
        self._writer = writer
        self._recorder = recorder
        self._rules: dict[str, frozenset[str]] = {}
        self._reports: list[pytest.TestReport] = []
        self._members: dict[str, str] = {}
        self._told = False

    def tell_end(self, error: BaseException) -> bool:
        """Tell an error that came after the tests; False if there were none that it came after."""
        if self._told:
            message = f"{type(error).__name__}: {error}"
            self._send("finished", Outcome(AFTER_THE_TESTS, frozenset(), "failed", (message,)))
        return self._told

    def pytest_configure(self, config: "pytest.Config") -> None:
        config.addinivalue_line("markers", "rule(name): the rule that the test proves")

    def pytest_itemcollected(self, item: "pytest.Item") -> None:
        marks = item.iter_markers("rule")
        self._rules[item.nodeid] = frozenset(str(name) for mark in marks for name in mark.args)

    def pytest_collectreport(self, report: "pytest.CollectReport") -> None:
        if report.outcome != "passed":
            messages = (message_of(report),)
            self._send("finished", Outcome(report.nodeid, frozenset(), report.outcome, messages))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._reports = []
        self._members = {}
        if self._recorder:
            self._recorder.test = nodeid
        self._send("started", Outcome(nodeid, self._rules.get(nodeid, frozenset()), "failed"))

    def pytest_runtest_logreport(self, report: "pytest.TestReport") -> None:
        self._reports.append(report)

    def pytest_exception_interact(
        self, call: "pytest.CallInfo[object]", report: "pytest.TestReport | pytest.CollectReport"
    ) -> None:
        """Note what a group of exceptions holds, of which a report says only how many."""
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, BaseExceptionGroup) and report.when:
            self._members[report.when] = "; ".join(map(named, members_of(error)))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        statuses = {report.outcome for report in self._reports}
        worst: Status = "passed"
        if "failed" in statuses:
            worst = "failed"
        elif "skipped" in statuses or not statuses:
            worst = "skipped"
        told = tuple(
            self._members.get(report.when or "") or message_of(report)
            for report in self._reports
            if report.outcome == worst
        )
        seconds = sum(report.duration for report in self._reports)
        messages = told if worst != "passed" else ()
        rules = self._rules.get(nodeid, frozenset())
        recording = None
        if self._recorder:
            self._recorder.test = ""
            recording = self._recorder.take()
        self._send("finished", Outcome(nodeid, rules, worst, messages, seconds, recording))

    def _send(self, kind: str, outcome: Outcome) -> None:
        self._told = True
        self._writer.send((kind, outcome))
