"""Sessions that are closed in a `finally`: `async with` closes them also when a task is cancelled."""

from __future__ import annotations

import ast
from itertools import pairwise

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.target import Function, Module

_RULE = "session/close-on-cancel"
_Block = list[ast.stmt]


def closing(step: Step) -> None:
    """Write `async with factory() as session` where a session is made, and closed in a `finally`."""
    for module in step.project.modules:
        if ".close()" not in module.text:
            continue
        for function in module.all_functions:
            if function.is_async:
                _function(step, module, function)


def _function(step: Step, module: Module, function: Function) -> None:
    for block in _blocks(function.node):
        for number, (made, tried) in enumerate(pairwise(block)):
            name = _made(made)
            if not name or not isinstance(tried, ast.Try) or not _closes(tried, name):
                continue
            if not step.service.sessions.is_session(step.service.types.of_name(function, name)):
                continue
            if _is_named(block[number + 2 :], name) or not _can_move(step.editing(module), tried):
                continue
            _write(step.editing(module), made, tried, name)
            step.changed(module, made, "async with", rule=_RULE)


def _blocks(node: ast.AST) -> list[_Block]:
    """Give the blocks of a function's own statements."""
    found: list[_Block] = []
    waiting: list[ast.AST] = [node]
    while waiting:
        current = waiting.pop()
        for name in ("body", "orelse", "finalbody"):
            block = getattr(current, name, None)
            if isinstance(block, list) and block:
                found.append(block)
                waiting += [each for each in block if not isinstance(each, _DEFINITIONS)]
        waiting += getattr(current, "handlers", [])
    return found


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _made(node: ast.stmt) -> str:
    """Give the name that a statement binds to what a call gives."""
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=ast.Call())
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call())
        ):
            return name
    return ""


def _closes(node: ast.Try, name: str) -> bool:
    """Say whether a `finally` closes something, and does nothing else."""
    match node.finalbody:
        case [
            ast.Expr(
                value=ast.Await(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=found), attr="close"), args=[]
                    )
                )
            )
        ]:
            return found == name and not node.orelse
    return False


def _is_named(block: _Block, name: str) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name for each in block for node in ast.walk(each)
    )


def _can_move(editing: Editing, node: ast.Try) -> bool:
    """Say whether its lines can be moved to the right: no text goes on over several of them."""
    own_lines = "\n" not in editing.source(node.finalbody[0]) and node.lineno < node.body[0].lineno
    return own_lines and (not node.handlers or not has_long_text(node))


def has_long_text(node: ast.AST) -> bool:
    """Say whether a text within a node is written over several lines."""
    return any(
        isinstance(each, ast.Constant | ast.JoinedStr)
        and each.lineno != each.end_lineno
        and isinstance(getattr(each, "value", ""), str)
        for each in ast.walk(node)
    )


def _write(editing: Editing, made: ast.stmt, tried: ast.Try, name: str) -> None:
    places = editing.places
    value = getattr(made, "value", made)
    start, first = places.span(made)[0], places.span(value)[0]
    editing.replace_range(start, first, "async with ")
    end = places.span(value)[1]
    editing.replace_range(end, places.span(made)[1], f" as {name}:")
    behind = tried.handlers[-1] if tried.handlers else tried.body[-1]
    last = places.next_line(places.span(behind)[1])
    closed = places.span(tried.finalbody[0])[1]
    if not tried.handlers:
        editing.replace_range(
            places.start_of_line(tried.lineno), places.next_line(places.span(tried)[0]), ""
        )
    else:
        indent_lines(editing, tried.lineno, places.line_of(last - 1))
    between = places.text[last:closed].partition("finally")[0]
    editing.replace_range(last + len(between.rstrip(" \t")), places.next_line(closed), "")


def indent_lines(editing: Editing, first: int, last: int) -> None:
    """Move lines to the right by one level; empty ones stay empty."""
    places = editing.places
    for line in range(first, last + 1):
        start = places.start_of_line(line)
        if places.text[start : places.next_line(start)].strip():
            editing.indent_line(start, "    ")
