"""When a release of FastAPI commits, compared with what a rule's text says of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from async_db.proving.releases.sets import comparators_in, within
from async_db.rules import Requirement, Rule

ORDER_RULE = "session/commit-before-response"
"""The rule whose text says which release of FastAPI commits when."""
_ORDER_ROW = re.compile(
    r"\|(?P<window>[^|]*[<>=][^|]*)\|\s*(?P<order>commit, then response|response, then commit)\s*\|"
)


@dataclass(frozen=True)
class CommitOrder:
    """When an installed FastAPI commits, what the text says of it, and whether that is the same."""

    default: str
    function: str | None
    """None where there is no such scope."""
    stated: str | None
    """What the text's table says of the default scope; None where it has no row for the release."""
    scoped: bool
    """Whether the text says that the function scope is there."""

    @property
    def agrees(self) -> bool:
        function = "commit, then response" if self.scoped else None
        return self.default == self.stated and self.function == function


def stated_orders(text: str) -> tuple[tuple[Requirement, str], ...]:
    """Read the table of commit orders: which releases of FastAPI, and in which order they go."""
    return tuple(
        (Requirement("FastAPI", comparators_in(found["window"])), found["order"])
        for found in _ORDER_ROW.finditer(text)
    )


def judge_order(
    seen: Mapping[str, str | None], rule: Rule, installed: Mapping[str, str]
) -> CommitOrder:
    """Compare the order that was seen with the one that the rule's story states."""
    orders = stated_orders(rule.full.body)
    stated = [order for part, order in orders if part.holds(installed["fastapi"])]
    return CommitOrder(
        default=seen["default"] or "",
        function=seen["function"],
        stated=stated[0] if len(stated) == 1 else None,
        scoped=within(rule.window, installed),
    )
