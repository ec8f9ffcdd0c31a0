"""A pytest plugin that watches what a service's database layer does while its tests run.

Put this folder on the path and name the plugin; there is nothing to configure::

    PYTHONPATH=<this folder> pytest -p observe

It reports findings by the rules of the catalogue, each with the test, the route, the line of the
project's own code and the order of events. It changes no outcome of any test unless it is told to
fail the run by ``--observe-fail-on``. It needs what the service has: pytest, SQLAlchemy, Starlette.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from async_db.findings import Finding
    from async_db.pages import Gallery
    from async_db.traces import Trace
    from async_db.watching import Observer

sys.path.insert(0, str(Path(__file__).resolve().parent))

REFERENCES = Path(__file__).resolve().parent.parent / "references"
GRADES = ("proven", "suspected", "review")
WORKER_KEY = "observe"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("observe", "watching the database layer")
    group.addoption(
        "--observe-format",
        choices=("text", "json", "sarif", "github"),
        default="text",
        help="how findings are told (default: text, in the terminal summary)",
    )
    group.addoption(
        "--observe-output",
        metavar="PATH",
        help="write the findings there and not to the terminal; write it with =, as pytest takes a "
        "path that stands alone for a folder of tests",
    )
    group.addoption(
        "--observe-html",
        metavar="PATH",
        help="write a page there with a timeline of each route's slowest and offending requests",
    )
    group.addoption(
        "--observe-fail-on",
        choices=GRADES,
        help="fail the run on new findings of this grade or a surer one",
    )
    group.addoption(
        "--observe-baseline",
        metavar="PATH",
        help="findings that are known: they are not told again and fail nothing",
    )
    group.addoption(
        "--observe-update-baseline",
        action="store_true",
        help="write all findings of this run to the baseline",
    )


def pytest_configure(config: pytest.Config) -> None:
    plugin = Plugin(config)
    config.pluginmanager.register(plugin, "observe-session")


class Plugin:
    """Watches from configuration to the end of the session, and tells once."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._stack = ExitStack()
        self._observer: Observer | None = None
        self._findings: list[Finding] = []
        self._problem: str | None = None
        self._phase = ""
        self._requests = 0
        self._gallery: Gallery | None = None
        try:
            from async_db.watching import Observer

            if config.getoption("--observe-html", default=None):
                # Pages are loaded where one is drawn: who asks for none does not wait for them.
                from async_db.pages import Gallery

                self._gallery = Gallery()
            keep = self._gallery.add if self._gallery else _keep_nothing
            self._observer = Observer(config.rootpath, lambda: self._phase, keep)
            self._stack.enter_context(self._observer.watching())
        except Exception as error:  # noqa: BLE001 (whatever it is, the tests must not notice)
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._problem = f"observe gave up: {type(error).__name__}: {error}"
        self._observer = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        self._phase = item.nodeid
        try:
            return (yield)
        finally:
            self._phase = ""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._observer is not None:
            self._findings += self._observer.findings
            self._requests += self._observer.requests
            if self._observer.problem:
                self._problem = f"observe did not see everything: {self._observer.problem}"
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[WORKER_KEY] = self._told()
            return
        try:
            self._finish(session)
        except Exception as error:  # noqa: BLE001 (as above)
            self._give_up(error)

    def _told(self) -> dict[str, Any]:
        """Give what this worker has found: as text, for execnet takes integers of 32 bits only."""
        from dataclasses import asdict

        shown = "[]"
        try:
            if self._gallery:
                from async_db.pages import as_json

                shown = as_json(self._gallery.shown())
            findings = json.dumps([asdict(finding) for finding in self._findings])
        except Exception as error:  # noqa: BLE001 (as above)
            self._give_up(error)
            shown = findings = "[]"
        return {
            "shown": shown,
            "findings": findings,
            "requests": self._requests,
            "problem": self._problem,
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist has found."""
        told = getattr(node, "workeroutput", {}).get(WORKER_KEY)
        if told:
            try:
                self._take_over(told)
            except Exception as error:  # noqa: BLE001 (as above)
                self._give_up(error)

    def _take_over(self, told: Mapping[str, Any]) -> None:
        from async_db.findings import Finding

        self._requests += told["requests"]
        self._problem = self._problem or told["problem"]
        for fields in json.loads(told["findings"]):
            self._findings.append(Finding(**{**fields, "evidence": tuple(fields["evidence"])}))
        if self._gallery:
            from async_db.pages import from_json

            for trace, findings in from_json(told["shown"]):
                self._gallery.add(trace, findings)

    def _finish(self, session: pytest.Session) -> None:
        from async_db.findings import baseline_text, new_findings, read_baseline

        path = self._config.getoption("--observe-baseline")
        if path and self._config.getoption("--observe-update-baseline"):
            Path(path).write_text(baseline_text(self._findings), encoding="utf-8")
        if path and Path(path).exists():
            self._findings = new_findings(self._findings, read_baseline(Path(path)))
        self._write_page()
        limit = self._config.getoption("--observe-fail-on")
        failing = GRADES[: GRADES.index(limit) + 1] if limit else ()
        if any(finding.grade in failing for finding in self._findings) and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write_page(self) -> None:
        if self._gallery is None:
            return
        from async_db.pages import observe_page

        shown = self._gallery.shown()
        page = observe_page(self._findings, shown, requests=self._requests, claims=claims())
        Path(self._config.getoption("--observe-html", default=None)).write_text(
            page, encoding="utf-8"
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        from async_db.findings import format_findings

        if self._problem:
            # A line and no Python warning, which the project's settings may turn into an error.
            terminalreporter.write_line(f"warning: {self._problem}", yellow=True)
        form = self._config.getoption("--observe-format")
        output = self._config.getoption("--observe-output")
        text = format_findings(self._findings, form, tool="observe", rules=claims())
        if output:
            Path(output).write_text(text, encoding="utf-8")
        elif form == "text":
            terminalreporter.section("observe")
            terminalreporter.write_line(self._summary())
            terminalreporter.write(text)
        else:
            terminalreporter.write(text + os.linesep)

    def _summary(self) -> str:
        grades = Counter[str](finding.grade for finding in self._findings)
        counts = ", ".join(f"{grades[grade]} {grade}" for grade in GRADES if grades[grade])
        return f"{self._requests} requests watched, findings: {counts or 'none'}"

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        self._stack.close()


def _keep_nothing(trace: Trace, findings: list[Finding]) -> None: ...


def claims() -> dict[str, str]:
    """What each rule of the catalogue says in one sentence, by its name."""
    from async_db.rules import CatalogueError, load_rules

    try:
        return {rule.name: rule.claim for rule in load_rules(REFERENCES)}
    except CatalogueError:
        return {}
