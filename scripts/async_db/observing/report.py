"""What is told of a run: judged before anything is written, and written to where it was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..findings import (
    Notice,
    SourceFiles,
    allowances_of,
    format_findings,
    notices_as_text,
    visible,
)
from .options import Options
from .seen import Seen
from .verdict import BLIND, Verdict, judge

if TYPE_CHECKING:
    from ..pages import Gallery

REFERENCES = Path(__file__).resolve().parents[3] / "references"


class Report:
    """Judges what was seen, and tells it.

    A fault of its own is told and not raised: who is watched must not notice.

    Parameters:
        seen: what was seen.
        options: what was asked for.
        root: the project, which may allow itself something beside its code.
        judged: the rules that were looked at.
        gallery: what a page shows.
    """

    def __init__(
        self,
        seen: Seen,
        options: Options,
        root: Path,
        judged: frozenset[str],
        gallery: Gallery | None = None,
    ) -> None:
        self._seen = seen
        self._options = options
        self._gallery = gallery
        self._text = ""
        self.verdict = Verdict((), (), 0)
        try:
            allowed = allowances_of(root)
            found = SourceFiles.below(root).located(seen.findings)
            rules = frozenset(claims() if allowed else ())
            self.verdict = judge(found, seen.notices(), options, allowed, judged, rules)
        except Exception as error:  # noqa: BLE001 (as said above)
            self._cannot("judge what it has seen", error)

    def write(self) -> None:
        """Write what was asked for; the findings last, so that they say what could not be."""
        verdict, options = self.verdict, self._options
        if verdict.baseline is not None and options.baseline:
            self._put(options.baseline, lambda: verdict.baseline or "")
        if options.page:
            self._put(options.page, self._page)
        if options.output:
            self._put(options.output, self._told)
        else:
            try:
                self._text = self._told()
            except Exception as error:  # noqa: BLE001 (as said above)
                self._cannot("tell what it has found", error)
                self._text = notices_as_text(self.verdict.notices)

    @property
    def shown(self) -> str:
        """What a person reads on a terminal, when all is written: a summary, or what was not seen."""
        options = self._options
        if options.output or options.format != "text":
            return notices_as_text(self.verdict.notices)
        return self._text

    @property
    def printed(self) -> str:
        """What a program reads on standard output, when all is written, if it is to go there."""
        elsewhere = self._options.output or self._options.format == "text"
        return "" if elsewhere else self._text + "\n"

    def _page(self) -> str:
        from ..pages import observe_page

        return observe_page(
            self.verdict.findings,
            self._gallery.shown() if self._gallery else [],
            requests=self._seen.requests,
            claims=claims(),
            notices=self.verdict.notices,
        )

    def _put(self, path: Path, text: Callable[[], str]) -> None:
        try:
            path.write_text(text(), encoding="utf-8")
        except Exception as error:  # noqa: BLE001 (as said above)
            self._cannot(f"write {path}", error)

    def _cannot(self, what: str, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        notice = Notice(f"observe cannot {visible(f'{what}: {why}')}", "error")
        code = self.verdict.exit_code or (BLIND if self._options.failing else 0)
        told = (*self.verdict.notices, notice)
        self.verdict = replace(self.verdict, notices=told, exit_code=code)

    def _told(self) -> str:
        verdict = self.verdict
        return format_findings(
            verdict.findings,
            self._options.format,
            tool="observe",
            rules=claims() if self._options.format == "sarif" else {},  # they take time to read
            notices=verdict.notices,
            watched=self._seen.requests,
            everything=self._options.everything,
            option=self._options.all_option,
        )


def claims() -> dict[str, str]:
    """What each rule of the catalogue says in one sentence, by its name."""
    from ..rules import CatalogueError, load_short_texts

    try:
        return {rule.name: rule.claim for rule in load_short_texts(REFERENCES)}
    except CatalogueError:
        return {}
