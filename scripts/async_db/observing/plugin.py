"""The pytest plugin: it watches from configuration to the end of the session, and tells once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .options import Options
from .report import Report
from .seen import Seen

if TYPE_CHECKING:
    from ..findings import Finding
    from ..pages import Gallery
    from ..traces import Trace
    from ..watching import Observer

WORKER_KEY = "async_db_observe"


class Plugin:
    """Watches, and changes no outcome of any test.

    A fault of its own is told and not raised: the tests must not notice.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._options = Options()
        self._stack = ExitStack()
        self._observer: Observer | None = None
        self._gallery: Gallery | None = None
        self._seen = Seen()
        self._report: Report | None = None
        self._test = ""
        self._guarded(self._begin)

    def _begin(self) -> None:
        from ..watching import Observer

        observer = Observer(self._root, lambda: self._test)
        self._stack.enter_context(observer.watching())
        self._observer = observer

    def configure(self, config: pytest.Config) -> None:
        """Learn what is asked for, which is known only when conftests have been loaded."""
        self._options = Options.of(config)
        if self._options.page:
            self._guarded(self._begin_a_page)
        if self._options.record:
            from .recording import NEVER_EXPIRED, Recording

            expires = self._options.record_expires
            self._seen.remarks += [] if expires else [NEVER_EXPIRED]
            recording = Recording(self._root, self._options.record, expires=expires)
            config.pluginmanager.register(recording, "async-db-observe-recording")

    def _begin_a_page(self) -> None:
        # Pages are loaded where one is drawn: who asks for none does not wait for them.
        from ..pages import Gallery

        self._gallery = Gallery()
        if self._observer is not None:
            self._observer.examined = self._examined

    def _examined(self, trace: Trace, findings: list[Finding]) -> None:
        if self._gallery is not None:
            self._gallery.add(trace, findings)

    def _guarded(self, call: Callable[..., object], *arguments: object) -> None:
        try:
            call(*arguments)
        except Exception as error:  # noqa: BLE001 (whatever it is, the tests must not notice)
            self._seen.problems.append(f"gave up: {type(error).__name__}: {error}")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._test = item.nodeid
        yield
        self._test = ""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._observer is not None:
            self._guarded(self._observer.finish)
            own = Seen(self._observer.findings, self._observer.coverage)
            self._guarded(self._seen.add, own)
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[WORKER_KEY] = {"shown": self._shown(), "seen": self._seen.as_text()}
            return
        report = Report(self._seen, self._options, self._root, self._judged(), self._gallery)
        report.write()
        self._report = report
        if report.verdict.exit_code and not session.exitstatus:
            session.exitstatus = report.verdict.exit_code

    def _judged(self) -> frozenset[str]:
        """Give the rules that were looked at."""
        if not self._seen.requests:
            return frozenset()
        from ..watching import DETECTORS

        return frozenset(detector.rule for detector in DETECTORS)

    def _shown(self) -> str:
        """Give what a page would show, as text."""
        shown = ["[]"]
        if self._gallery is not None:
            from ..pages import as_json

            gallery = self._gallery
            self._guarded(lambda: shown.append(as_json(gallery.shown())))
        return shown[-1]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist has seen."""
        told = getattr(node, "workeroutput", {}).get(WORKER_KEY)
        if told is None:
            self._seen.problems.append("did not see everything: a worker ended without a word")
        else:
            self._guarded(self._take_over, told)

    def _take_over(self, told: Mapping[str, str]) -> None:
        self._seen.add(Seen.from_text(told["seen"]))
        if self._gallery:
            from ..pages import from_json

            for trace, findings in from_json(told["shown"]):
                self._gallery.add(trace, findings)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        report, options = self._report, self._options
        if report is None:
            return
        # Lines and no Python warnings, which the project's settings may turn into errors.
        if options.output or options.format != "text":
            terminalreporter.write(report.shown, yellow=True)
            terminalreporter.write(report.printed)
        else:
            terminalreporter.section("observe")
            terminalreporter.write(report.shown)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        self._stack.close()
