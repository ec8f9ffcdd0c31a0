"""A record held against the syntax of its files: which call stands at each place.

A running program tells where an instruction stands, and not what it was written as. `list(rows())`
runs `rows`, and it is no call of it; an old pytest says of all that is called in an `assert` that
it stands where the `assert` does.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .held_against import text_hash
from .record import CallKind, Place, Record, RecordedCall, RecordedLoad, merged

ITERATED = "iteration"
"""What runs a generator where no code of Python's own stands between: something written in C."""
_TRANSPARENT = ("contextlib.", "functools.")
_OF_A_CLASS = frozenset({"__init__", "__new__", "__post_init__"})
_End = tuple[int, int]


def settled(record: Record, texts: Mapping[str, bytes]) -> Record:
    """Give a record whose calls stand where a call is written, and the hashes of its files.

    Parameters:
        record: what was seen.
        texts: the files that it speaks of, by their paths.
    """
    calls: list[RecordedCall] = []
    syntax = {path: _Syntax.of(text) for path, text in texts.items()}
    lost = 0
    for each in record.calls:
        file = syntax.get(each.path)
        found = list(file.settled(each)) if file else []
        lost += not found
        calls += found
    problems = [*record.problems]
    if lost:
        problems.append(f"of {lost} calls the place is not known exactly: they are left out")
    loads = tuple(_settled_load(each, syntax) for each in record.loads)
    hashes = {path: text_hash(text) for path, text in texts.items()}
    whole = replace(record, calls=tuple(calls), loads=loads, files=hashes, problems=tuple(problems))
    return merged([whole])


_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_With = ast.With | ast.AsyncWith
_For = ast.For | ast.AsyncFor
_Whole = ast.Assert | _With | _For | _Comprehension


@dataclass(frozen=True)
class _Syntax:
    """The calls of a file, and what Python takes for the place of something within it."""

    calls: Mapping[_End, ast.Call]
    wholes: Mapping[tuple[_End, _End], _Whole]

    @classmethod
    def of(cls, text: bytes) -> _Syntax | None:
        try:
            nodes = list(ast.walk(ast.parse(text)))
        except (SyntaxError, ValueError, RecursionError):  # it was another one when it ran
            return None
        return cls(
            {_end(node): node for node in nodes if isinstance(node, ast.Call)},
            {place: node for node in nodes if isinstance(node, _Whole) for place in _places(node)},
        )

    def settled(self, each: RecordedCall) -> Iterator[RecordedCall]:
        whole = self.wholes.get((each.start, each.end))
        if whole is None:
            yield from self._named(each)
            return
        kind: CallKind = "for"
        if isinstance(whole, ast.Assert | _With):
            kind = "call" if isinstance(whole, ast.Assert) else "with"
        for node in _within(whole, _names(each)):
            yield from self._named(replace(each, start=_start(node), end=_end(node), kind=kind))

    def _named(self, each: RecordedCall) -> Iterator[RecordedCall]:
        """Tell a call of what was called by its name from one of something that called it."""
        call = self.calls.get(each.end)
        if call is None or each.kind in ("read", "other") or not _begins(call, each.start):
            yield each
            return
        if _called(call) in _names(each):
            via = "" if each.via.startswith((*_TRANSPARENT, ITERATED)) else each.via
            yield replace(each, via=via)
            return
        yield replace(each, via=each.via.removeprefix(ITERATED) or _via(call, each))
        if each.via == ITERATED:
            inner = [node for node in _arguments(call) if _called(node) in _names(each)]
            if len(inner) == 1:
                (node,) = inner
                yield replace(each, start=_start(node), end=_end(node), kind="for", via="")


def _settled_load(load: RecordedLoad, syntax: Mapping[str, _Syntax | None]) -> RecordedLoad:
    made = load.made and _settled_place(load.made, syntax)
    return replace(load, read=_settled_place(load.read, syntax), made=made)


def _settled_place(place: Place, syntax: Mapping[str, _Syntax | None]) -> Place:
    """Give what a loop goes over for the place of the whole loop, and the like."""
    file = syntax.get(place.path)
    whole = file.wholes.get((place.start, place.end)) if file and place.end else None
    found = _within(whole, frozenset()) if whole is not None else []
    return replace(place, start=_start(found[0]), end=_end(found[0])) if found else place


def _places(whole: _Whole) -> Iterator[tuple[_End, _End]]:
    """Give what Python may take for the place of something: pytest 6 says nothing of the end."""
    yield _start(whole), _end(whole)
    if isinstance(whole, ast.Assert):
        yield _start(whole), _start(whole)


def _within(whole: _Whole, names: Collection[str]) -> Sequence[ast.expr]:
    """Give what is meant within a larger place, if it can only be one thing, or several alike.

    Parameters:
        whole: the larger place.
        names: what the thing may be called by, if it is a call.
    """
    match whole:
        case ast.Assert():
            called = [each for each in _calls(whole) if _called(each) in names]
            alike = len({ast.dump(each.func) for each in called}) == 1
            return called if alike else []
        case ast.For() | ast.AsyncFor():
            return [whole.iter]
        case ast.With() | ast.AsyncWith():
            parts = [item.context_expr for item in whole.items]
        case _:
            parts = [generator.iter for generator in whole.generators]
    named = [part for part in parts if _is_call_of(part, names)]
    parts = named or parts
    return parts if len(parts) == 1 else []


def _is_call_of(node: ast.expr, names: Collection[str]) -> bool:
    return isinstance(node, ast.Call) and _called(node) in names


def _calls(within: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(within) if isinstance(node, ast.Call))


def _begins(call: ast.Call, start: _End) -> bool:
    """Say whether something that ends as a call does begins in it before its arguments."""
    return _start(call) <= start <= _end(call.func)


def _via(node: ast.Call, each: RecordedCall) -> str:
    """Give what a call of another name handed the callee to, if it is not the callee itself."""
    called = _called(node)
    if isinstance(node.func, ast.Name) and hasattr(builtins, called):
        return f"builtins.{called}"
    if each.kind != "call" or each.via == ITERATED:
        return called or "call"
    names = _names(each)
    handed = (*node.args, *(keyword.value for keyword in node.keywords))
    for argument in handed:
        for inner in ast.walk(argument):
            if isinstance(inner, ast.Name | ast.Attribute) and _name(inner) in names:
                return called or "call"
    return ""


def _arguments(node: ast.Call) -> Iterator[ast.Call]:
    for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
        if isinstance(argument, ast.Call):
            yield argument


def _names(each: RecordedCall) -> frozenset[str]:
    """Give what a callee is called by where it is called by its name."""
    *above, name = each.callee.split(".")
    return frozenset({name, *above[-1:]} if name in _OF_A_CLASS else {name})


def _called(node: ast.Call) -> str:
    return _name(node.func)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):  # Repository[Order]()
            return _name(value)
    return ""


def _start(node: ast.expr | ast.stmt) -> _End:
    return node.lineno, node.col_offset


def _end(node: ast.expr | ast.stmt) -> _End:
    return node.end_lineno or 0, node.end_col_offset or 0
