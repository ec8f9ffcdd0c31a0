"""The plan as a person reads it: how much it is, the order, then each slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from async_db.auditing.obstacles import Obstacle
from async_db.auditing.planning import Place, Plan, Slice
from async_db.findings import visible

_WIDTH = 110
_MOST_SLICES = 12


def plan_summary(plan: Plan) -> Iterator[str]:
    """Tell how much the move is, and what comes first."""
    moving = [each for each in plan.slices if each.kind != "database layer"]
    if not moving:
        yield "Plan: nothing to move, no sync session is used by what serves"
        return
    stuck = sum(len(each.obstacles) for each in plan.slices)
    yield (
        f"Plan: {len(moving)} slices, {plan.functions} functions become async, {plan.awaits} calls need "
        f"await, {plan.tests} tests change; {stuck} places cannot as they are, {len(plan.blocking)} would "
        "block the loop"
    )
    yield f"  begin with {moving[0].name}; each slice is one merge, with its own tests before and after"


def told_plan(plan: Plan, most: int | None) -> Iterator[str]:
    """Tell the slices in their order, and what each changes.

    Parameters:
        plan: the plan.
        most: how many places of each kind to tell; all, if None.
    """
    if not any(each.kind != "database layer" for each in plan.slices):
        return
    yield "Order of the slices (what several share moves with the last of them; until then, run_sync):"
    shown = plan.slices if most is None else plan.slices[:_MOST_SLICES]
    for number, each in enumerate(shown, start=1):
        yield visible(f"{number:>4}. {_row(each)}")
    if len(shown) < len(plan.slices):
        yield f"      and {len(plan.slices) - len(shown)} more: --only plan --all"
    for number, each in enumerate(shown if most is None else shown[:2], start=1):
        yield ""
        yield visible(f"{number}. {each.name}")
        yield from _told(each, most)
    stuck = [obstacle for each in plan.slices for obstacle in each.obstacles]
    yield from _obstacles("cannot become async as it is:", stuck, most)
    yield from _obstacles("would block the loop:", plan.blocking, most)


def _row(each: Slice) -> str:
    if each.kind == "database layer":
        return f"{each.name}: an async engine, factory and dependency beside the sync ones"
    what = f"{each.routes} routes" if each.kind == "router" else each.kind
    does = "writes" if each.writes else "reads"
    row = f"{each.name}: {what}, {does}, {len(each.functions)} functions, {len(each.awaits)} awaits"
    if each.shared:
        row += f", {len(each.shared)} shared for later"
    return f"{row}, {len(each.obstacles)} obstacles" if each.obstacles else row


def _told(each: Slice, most: int | None) -> Iterator[str]:
    first = "there today" if each.kind == "database layer" else "become async"
    yield from _places(first, each.functions, most)
    yield from _places("need await", each.awaits, most)
    yield from _places("shared, by run_sync until their slice", each.shared, most)


def _places(title: str, places: Sequence[Place], most: int | None) -> Iterator[str]:
    if places:
        yield f"   {title}:"
    for each in places if most is None else places[:most]:
        yield visible(f"     {each.path}:{each.line}  {each.name}")[:_WIDTH]
    if most is not None and len(places) > most:
        yield f"     and {len(places) - most} more"


def _obstacles(title: str, obstacles: Sequence[Obstacle], most: int | None) -> Iterator[str]:
    if obstacles:
        yield ""
        yield title
    for each in obstacles if most is None else obstacles[:most]:
        yield visible(f"  {each.path}:{each.line}  {each.name}: {each.reason}")
    if most is not None and len(obstacles) > most:
        yield f"  and {len(obstacles) - most} more"
