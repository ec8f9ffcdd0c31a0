"""Whether two texts of a module mean the same, although names in them differ."""

import dis
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from inspect import CO_OPTIMIZED
from types import CodeType

# The compiler orders these by name, so their order says nothing.
UNORDERED = ("MAKE_CELL", "LOAD_CLOSURE")
MODULE = "module"
FIXED = ""
"""The scope of what is no variable: attributes, keywords, texts, what is imported."""


@dataclass(frozen=True)
class Mention:
    """A name or text, as the compiler read it."""

    scope: str
    text: str
    line: int


def differences(before: str, after: str, filled: Callable[[str], str]) -> list[str]:
    """Give each line at which a name means something else than it did.

    In one scope each variable has one name before and one after, and never the one of another.

    Parameters:
        before: the text as it was.
        after: the same with other names for some variables and parameters.
        filled: what is no variable, as it is after, given what it was.
    """
    pairs = list(zip(mentions(before), mentions(after), strict=True))
    variables = {(old.text, new.text) for old, new in pairs if old.scope != FIXED}
    forth: dict[tuple[str, str], str] = {}
    back: dict[tuple[str, str], str] = {}
    found = []
    for old, new in pairs:
        if old.scope == FIXED == new.scope:
            same = filled(old.text) == new.text or (old.text, new.text) in variables
        else:
            same = (
                old.scope == new.scope
                and forth.setdefault((old.scope, old.text), new.text) == new.text
                and back.setdefault((new.scope, new.text), old.text) == old.text
            )
        if not same:
            found.append(f"line {new.line}: {old.text!r} is {new.text!r}")
    return found


@lru_cache(maxsize=1024)  # most files are the same in all services
def mentions(source: str) -> tuple[Mention, ...]:
    """Give every name and text of a module in the order in which they are compiled."""
    return tuple(_mentions(compile(source, "<module>", "exec"), MODULE, itertools.count()))


def _mentions(code: CodeType, scope: str, numbers: Iterator[int]) -> Iterator[Mention]:
    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        line = instruction.starts_line or line
        value, name = instruction.argval, instruction.opname
        if name == "KW_NAMES":  # which Python 3.11 does not resolve
            value = code.co_consts[instruction.arg or 0]
        if isinstance(value, CodeType):
            # What is in a function belongs to it, so that a variable that they share is one.
            within = scope if code.co_flags & CO_OPTIMIZED else f"part {next(numbers)}"
            yield from _mentions(value, within, numbers)
        elif name not in UNORDERED:
            for text in _texts(value):
                yield Mention(_scope_of(name, scope), text, int(line))


def _scope_of(instruction: str, scope: str) -> str:
    if instruction.endswith("_GLOBAL"):
        return MODULE
    if instruction in ("IMPORT_NAME", "KW_NAMES"):
        return FIXED
    return scope if any(kind in instruction for kind in ("_NAME", "_FAST", "DEREF")) else FIXED


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)
