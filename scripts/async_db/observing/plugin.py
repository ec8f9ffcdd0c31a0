"""The pytest plugin: it watches from configuration to the end of the session, and tells once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..findings import (
    Notice,
    allowances_of,
    format_findings,
    notices_as_text,
    visible,
)
from .options import Options
from .seen import Seen
from .verdict import BLIND, Verdict, judge

if TYPE_CHECKING:
    from ..findings import Finding
    from ..pages import Gallery
    from ..traces import Trace
    from ..watching import Observer

REFERENCES = Path(__file__).resolve().parents[3] / "references"
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
        self._verdict = Verdict((), (), 0)
        self._text = ""
        self._test = ""
        self._guarded(self._begin)

    def _begin(self) -> None:
        from ..watching import Observer

        observer = Observer(self._root, lambda: self._test, self._examined)
        self._stack.enter_context(observer.watching())
        self._observer = observer

    def configure(self, config: pytest.Config) -> None:
        """Learn what is asked for, which is known only when conftests have been loaded."""
        self._options = Options.of(config)
        if self._options.page:
            self._guarded(self._begin_a_page)

    def _begin_a_page(self) -> None:
        # Pages are loaded where one is drawn: who asks for none does not wait for them.
        from ..pages import Gallery

        self._gallery = Gallery()

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
        try:
            self._verdict = judge(
                self._seen.findings,
                self._seen.notices(),
                self._options,
                allowances_of(self._root),
                self._judged(),
                frozenset(claims()),
            )
        except Exception as error:  # noqa: BLE001 (as above)
            self._cannot("judge what it has seen", error)
        self._write()
        if self._verdict.exit_code and not session.exitstatus:
            session.exitstatus = self._verdict.exit_code

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

    # --- what is written ---------------------------------------------------------------------

    def _write(self) -> None:
        """Write what was asked for; the findings last, so that they say what could not be."""
        verdict, options = self._verdict, self._options
        if verdict.baseline is not None and options.baseline:
            self._put(options.baseline, lambda: verdict.baseline or "")
        if options.page:
            self._put(options.page, self._page)
        if options.output:
            self._put(options.output, self._told)
        else:
            try:
                self._text = self._told()
            except Exception as error:  # noqa: BLE001 (as above)
                self._cannot("tell what it has found", error)
                self._text = notices_as_text(self._verdict.notices)

    def _page(self) -> str:
        from ..pages import observe_page

        return observe_page(
            self._verdict.findings,
            self._gallery.shown() if self._gallery else [],
            requests=self._seen.requests,
            claims=claims(),
            notices=self._verdict.notices,
        )

    def _put(self, path: Path, text: Callable[[], str]) -> None:
        try:
            path.write_text(text(), encoding="utf-8")
        except Exception as error:  # noqa: BLE001 (as above)
            self._cannot(f"write {path}", error)

    def _cannot(self, what: str, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        notice = Notice(f"observe cannot {visible(f'{what}: {why}')}", "error")
        code = self._verdict.exit_code or (BLIND if self._options.failing else 0)
        told = (*self._verdict.notices, notice)
        self._verdict = replace(self._verdict, notices=told, exit_code=code)

    def _told(self) -> str:
        verdict = self._verdict
        return format_findings(
            verdict.findings,
            self._options.format,
            tool="observe",
            rules=claims(),
            notices=verdict.notices,
            watched=self._seen.requests,
            everything=self._options.everything,
            option="--observe-all",
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        options, verdict = self._options, self._verdict
        if options.output or options.format != "text":
            # Lines and no Python warnings, which the project's settings may turn into errors.
            terminalreporter.write(notices_as_text(verdict.notices), yellow=True)
        if not options.output and options.format == "text":
            terminalreporter.section("observe")
            terminalreporter.write(self._text)
        elif not options.output:
            terminalreporter.write(self._text + "\n")

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        self._stack.close()


def claims() -> dict[str, str]:
    """What each rule of the catalogue says in one sentence, by its name."""
    from ..rules import CatalogueError, load_rules

    try:
        return {rule.name: rule.claim for rule in load_rules(REFERENCES)}
    except CatalogueError:
        return {}
