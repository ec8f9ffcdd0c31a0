"""Writing a lifespan: a new one beside the application, or more lines in one that is there."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.arguments import edit_arguments
from async_db.modernizing.steps.database.closing import has_long_text, indent_lines
from async_db.modernizing.steps.database.placing import above, first_line_of
from async_db.target import Call, Function, Module


@dataclass(frozen=True, slots=True)
class Lifetime:
    """What is done when an application starts and ends.

    Parameters:
        imports: lines that import what cannot be imported at the top of the file.
        start: lines, in their order.
        end: lines, in their order; all run, also when the server is stopped by an error.
    """

    imports: tuple[str, ...]
    start: tuple[str, ...]
    end: tuple[str, ...]


def write_lifespan(
    step: Step, call: Call, lifetime: Lifetime, dropped: Collection[ast.keyword] = ()
) -> None:
    """Write a lifespan before the statement that makes an application, and name it there.

    Parameters:
        step: the step.
        call: that makes the application.
        lifetime: what the lifespan does.
        dropped: the arguments that it stands for.
    """
    module = call.scope.module
    editing = step.editing(module)
    name = "lifespan"
    while name in module.bindings or name in call.scope.bindings:
        name = f"database_{name}"
    head = editing.statement(call.node)
    margin = " " * head.col_offset
    lines = [
        "@asynccontextmanager",
        f"async def {name}(app: FastAPI) -> AsyncIterator[None]:",
        *(f"    {each}" for each in (*lifetime.imports, *lifetime.start)),
        *(f"    {each}" for each in _until_end(lifetime.end)),
    ]
    gap = "\n" if margin else "\n\n"
    text = "".join(f"{margin}{each}\n" for each in lines)
    place = editing.places.start_of_line(head.lineno)
    editing.insert(place, f"{_before(editing, place, gap)}{text}{gap}")
    step.add_import(module, "contextlib", "asynccontextmanager")
    step.add_import(module, "collections.abc", "AsyncIterator")
    step.add_import(module, "fastapi", "FastAPI")
    edit_arguments(editing, call.node, dropped, f"lifespan={name}")


def _before(editing: Editing, place: int, gap: str) -> str:
    """Give the empty lines that are missing before a definition."""
    written = editing.places.text[:place].replace("\r\n", "\n")
    there = len(written) - len(written.rstrip("\n")) - 1
    return "\n" * max(0, len(gap) - there) if written.strip() else ""


def _until_end(end: Sequence[str]) -> list[str]:
    if not end:
        return ["yield"]
    return ["try:", "    yield", "finally:", *(f"    {each}" for each in end)]


def extend_lifespan(step: Step, function: Function, lifetime: Lifetime) -> bool:
    """Add to a lifespan that is there; say whether that can be done."""
    editing = step.editing(function.module)
    body = function.node.body
    number = _yielding(function)
    if number is None or body[0].lineno == function.node.lineno:
        return False
    margin = " " * body[0].col_offset
    first = 1 if _is_docstring(body[0]) and len(body) > 1 else 0
    start = "".join(f"{margin}{each}\n" for each in (*lifetime.imports, *lifetime.start))
    if start:
        editing.insert(above(editing, first_line_of(body[first])), start)
    if lifetime.end:
        _finally(editing, body[number:], lifetime.end, margin)
    return True


def _yielding(function: Function) -> int | None:
    """Give which statement of a function's own has its only `yield`."""
    if len(function.yields) != 1:
        return None
    for number, node in enumerate(function.node.body):
        if any(each is function.yields[0] for each in ast.walk(node)):
            return number
    return None


def _finally(editing: Editing, rest: list[ast.stmt], end: Sequence[str], margin: str) -> None:
    """Have lines run at the end, whatever happens from the statement that yields on."""
    places = editing.places
    inner = f"{margin}    "
    last = places.span(rest[-1])[1]
    if len(rest) == 1 and isinstance(rest[0], ast.Try) and rest[0].finalbody:
        editing.insert(last, "".join(f"\n{inner}{each}" for each in end))
    elif any(map(has_long_text, rest)):
        editing.insert(last, "".join(f"\n{margin}{each}" for each in end))
    else:
        first = first_line_of(rest[0])
        editing.insert(places.start_of_line(first), f"{margin}try:\n    ")
        indent_lines(editing, first + 1, rest[-1].end_lineno or rest[-1].lineno)
        lines = "".join(f"\n{inner}{each}" for each in end)
        editing.insert(last, f"\n{margin}finally:{lines}")


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def without_decorator(step: Step, module: Module, decorator: ast.Call) -> None:
    """Take a decorator out, its line with it."""
    places = step.editing(module).places
    start = places.start_of_line(decorator.lineno)
    end = places.next_line(places.span(decorator)[1])
    step.editing(module).replace_range(start, end, "")
