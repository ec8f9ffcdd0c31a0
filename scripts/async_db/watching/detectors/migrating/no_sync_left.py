"""A sync driver on the event loop."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..registry import detects
from ..reporting import finding_at
from ..whose_line import by_a_test

RULE = "migrating/no-sync-left"


@detects(RULE, Trace)
def blocks_the_loop(trace: Trace) -> Iterator[Finding]:
    """Find statements that a sync driver executes in the thread of the event loop."""
    for index, event in enumerate(trace.events):
        blocks = event.kind == "statement" and event.sync and event.task is not None
        if blocks and not by_a_test(trace, event):
            yield finding_at(
                trace,
                RULE,
                "proven",
                index,
                f"{trace.route} executes a statement by a sync driver on the event loop's thread",
                "use an AsyncSession, or make the operation a plain def while the session is sync",
                event.session,
            )
            return
