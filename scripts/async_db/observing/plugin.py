"""The pytest plugin: it watches from configuration to the end of the session, and tells once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..findings import GRADES, Notice, blind, format_findings, notices_as_text, visible
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

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._options = Options.of(config)
        self._stack = ExitStack()
        self._observer: Observer | None = None
        self._gallery: Gallery | None = None
        self._seen = Seen()
        self._verdict = Verdict((), (), 0)
        self._test = ""
        self._guarded(self._begin)

    def _begin(self) -> None:
        from ..watching import Observer

        if self._options.page:
            # Pages are loaded where one is drawn: who asks for none does not wait for them.
            from ..pages import Gallery

            self._gallery = Gallery()
        keep = self._gallery.add if self._gallery else _keep_nothing
        observer = Observer(self._config.rootpath, lambda: self._test, keep)
        self._stack.enter_context(observer.watching())
        self._observer = observer

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
            own = Seen(self._observer.findings, self._observer.coverage)
            self._guarded(self._seen.add, own)
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[WORKER_KEY] = {"shown": self._shown(), "seen": self._seen.as_text()}
            return
        self._verdict = judge(self._seen.findings, self._seen.notices(), self._options)
        self._write()
        if self._verdict.exit_code and not session.exitstatus:
            session.exitstatus = self._verdict.exit_code

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
            self._put(options.baseline, verdict.baseline)
        if options.page:
            self._put_page(options.page)
        if options.output:
            self._put(options.output, self._told())

    def _put_page(self, path: Path) -> None:
        shown = self._gallery.shown() if self._gallery else []
        try:
            from ..pages import observe_page

            page = observe_page(
                self._verdict.findings,
                shown,
                requests=self._seen.requests,
                claims=claims(),
                notices=self._verdict.notices,
            )
        except Exception as error:  # noqa: BLE001 (as above)
            self._cannot(f"draw the page: {type(error).__name__}: {error}")
        else:
            self._put(path, page)

    def _put(self, path: Path, text: str) -> None:
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            self._cannot(f"write {path}: {error.strerror}")

    def _cannot(self, what: str) -> None:
        notice = Notice(f"observe cannot {visible(what)}", "error")
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
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        options, verdict = self._options, self._verdict
        if options.output or options.format != "text":
            # Lines and no Python warnings, which the project's settings may turn into errors.
            terminalreporter.write(notices_as_text(verdict.notices), yellow=True)
        if not options.output and options.format == "text":
            terminalreporter.section("observe")
            terminalreporter.write_line(_summary(self._seen.requests, verdict))
            terminalreporter.write(self._told())
        elif not options.output:
            terminalreporter.write(self._told() + "\n")

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        self._stack.close()


def _summary(requests: int, verdict: Verdict) -> str:
    grades = Counter[str](finding.grade for finding in verdict.findings)
    counts = ", ".join(f"{grades[grade]} {grade}" for grade in GRADES if grades[grade])
    none = "not known" if blind(verdict.notices) else "none"
    return f"{requests} requests watched, findings: {counts or none}"


def _keep_nothing(trace: Trace, findings: list[Finding]) -> None: ...


def claims() -> dict[str, str]:
    """What each rule of the catalogue says in one sentence, by its name."""
    from ..rules import CatalogueError, load_rules

    try:
        return {rule.name: rule.claim for rule in load_rules(REFERENCES)}
    except CatalogueError:
        return {}
