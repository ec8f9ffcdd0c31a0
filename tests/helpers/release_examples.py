"""Rules, results and releases that the tests of this folder judge."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from async_db.proving import (
    ORDER_RULE,
    CommitOrder,
    Matrix,
    ReleaseSet,
    Result,
    ServiceTests,
    Tried,
    Verdict,
    judge_order,
)
from async_db.rules import Comparator, Requirement, load_rules
from helpers.rule_examples import rule_of_sums

ROOT = Path(__file__).resolve().parents[2]
RULES = load_rules(ROOT)
FASTAPI = Requirement("FastAPI", (Comparator(">=", "0.121"),))
HTTPX = Requirement("httpx", (Comparator(">=", "0.28"),))
NEWEST = {"fastapi": "0.165.0", "httpx": "0.28.1"}
OLD_FASTAPI = NEWEST | {"fastapi": "0.118.0"}
RULE = rule_of_sums(window="FastAPI >= 0.121")
ANYWHERE = replace(RULE, slug="anywhere", window=())
CLIENT = replace(RULE, slug="client", window=(HTTPX,))
BOTH = replace(RULE, slug="both", window=(FASTAPI, HTTPX))
versions = st.lists(st.integers(0, 30), min_size=1, max_size=3).map(
    lambda numbers: ".".join(map(str, numbers))
)
bounds = st.builds(Comparator, st.sampled_from([">=", "<=", "==", "!=", ">", "<"]), versions)
windows = st.lists(bounds, max_size=3).map(tuple)


def result(
    proved: bool | None = True,
    refuted: bool | None = True,
    reason: str | None = None,
    database: str = "sqlite",
) -> Result:
    return Result(RULE.name, "depends", database, proved, refuted, None, 0.5, reason)


GOOD = result()
BEFORE = "commit, then response"
AFTER = "response, then commit"
ORDER = next(rule for rule in RULES if rule.name == ORDER_RULE)


def order_on(version: str, default: str | None, function: str | None) -> CommitOrder:
    seen = {"default": default, "function": function}
    return judge_order(seen, ORDER, {"fastapi": version})


TESTS = ServiceTests("depends", "sqlite", 3, 0, 0, 1.5)


def tried(
    releases: ReleaseSet,
    installed: Mapping[str, str],
    *verdicts: Verdict,
    needs: tuple[Requirement, ...] = (),
    tests: tuple[ServiceTests, ...] = (),
    order: CommitOrder | None = None,
) -> Tried:
    return Tried(releases, installed, needs, verdicts, (GOOD,), tests, order, 12.34)


OUTSIDE = Verdict(RULE.name, False, "does not apply", "on sqlite: proof failed")
INSIDE = Verdict(RULE.name, True, "applies")
CANNOT = Verdict(ANYWHERE.name, True, "cannot run", "the service needs FastAPI >= 0.121")
EVERYWHERE = Verdict(ANYWHERE.name, True, "applies")
OLD = tried(
    ReleaseSet("FastAPI", "0.118.*"),
    OLD_FASTAPI,
    OUTSIDE,
    CANNOT,
    needs=(FASTAPI,),
    order=order_on("0.118.0", AFTER, None),
)
LATEST = tried(
    ReleaseSet(),
    NEWEST,
    INSIDE,
    EVERYWHERE,
    tests=(TESTS,),
    order=order_on("0.165.0", AFTER, BEFORE),
)
MATRIX = Matrix((RULE, ANYWHERE), (OLD, LATEST), {"schema_version": 1, "results": []}, "<html>")
