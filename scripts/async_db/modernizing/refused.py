"""What a syntax tree may hold and Python refuses: it is found without compiling what others wrote."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_WAITS = ast.Await | ast.AsyncFor | ast.AsyncWith
_PLAIN, _ASYNC = "plain", "async"


def refused_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give the lines of a file that Python refuses for what is async in it, and why.

    Parameters:
        tree: the file's.
    """
    waiting: list[tuple[ast.AST, str]] = [(tree, _PLAIN)]
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = _PLAIN
            if isinstance(node, ast.AsyncFunctionDef):
                inside = _ASYNC
                yield from _of_generator(node)
            outer = [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
            waiting += [(each, around) for each in outer] + [(each, inside) for each in node.body]
            continue
        reason = _reason(node, around)
        if reason:
            yield getattr(node, "lineno", None) or node.target.lineno, reason  # type: ignore[attr-defined]  # a comprehension has none itself
        # A generator expression of what is awaited is an async one, wherever it stands.
        below = _ASYNC if isinstance(node, ast.GeneratorExp) else around
        if isinstance(node, ast.ClassDef | ast.Lambda):
            below = _PLAIN
        waiting += [(each, below) for each in ast.iter_child_nodes(node)]


def _reason(node: ast.AST, around: str) -> str:
    if around == _ASYNC:
        return "`yield from` in an async function" if isinstance(node, ast.YieldFrom) else ""
    if isinstance(node, _WAITS):
        return "`await` or `async` outside of an async function"
    if isinstance(node, ast.comprehension) and node.is_async:
        return "an async comprehension outside of an async function"
    return ""


def _of_generator(node: ast.AsyncFunctionDef) -> Iterator[tuple[int, str]]:
    own = list(_own(node))
    if any(isinstance(each, ast.Yield) for each in own):
        for each in own:
            if isinstance(each, ast.Return) and each.value is not None:
                yield each.lineno, "an async generator returns a value"


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Give what a function is made of, without the functions inside of it."""
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        each = waiting.pop()
        yield each
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(each)
