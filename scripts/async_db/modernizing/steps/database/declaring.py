"""Requirements as they are written: in a list of texts, in Poetry's tables, in a file of lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_FLAGS = re.IGNORECASE | re.MULTILINE
_NAMED = r"(?P<name>{name})(?P<extras>\[[^\]\n]*\])?"
_LINE = r"^{named}(?P<bounds>[ \t]*(?:[<>=!~;,@][^\n\r#\\]*)?)(?=[ \t]*(?:[#\\\r\n]|\Z))"
_LISTED = r"(?P<quote>[\"']){named}(?P<bounds>\s*(?:[<>=!~;,(@][^\"'\n]*)?)(?P=quote)(?!\s*=)"
_ENTRY = r"^{named}[ \t]*=[ \t]*(?P<bounds>\"[^\"\n]*\"|'[^'\n]*'|\{{[^}}\n]*\}})"
_EXTRAS_BEFORE = re.compile(r"extras\s*=\s*\[[^\]]*$")

Form = Literal["list", "table", "lines"]


@dataclass(frozen=True, slots=True)
class Declared:
    """A requirement, where it is written.

    Parameters:
        form: of a list, such as `"sqlalchemy>=2"`; of a table, such as `sqlalchemy = "^2"`; or a
            line of its own.
        start, end: of all of it: the text with its quotes, the entry of the table, the line.
        name, extras, bounds: as they are written.
    """

    form: Form
    start: int
    end: int
    name: str
    extras: tuple[str, ...]
    bounds: str


def declared(text: str, path: str, name: str) -> Declared | None:
    """Find the first requirement of a distribution in a file.

    Parameters:
        text: the file's.
        path: of the file, which tells its form.
        name: of the distribution.
    """
    named = _NAMED.format(name=re.escape(name))
    if not path.endswith(".toml"):
        return _declared("lines", re.search(_LINE.format(named=named), text, _FLAGS))
    for found in re.finditer(_LISTED.format(named=named), text, _FLAGS):
        if _is_listed(text[text.rfind("\n", 0, found.start()) + 1 : found.start()]):
            return _declared("list", found)
    return _declared("table", re.search(_ENTRY.format(named=named), text, _FLAGS))


def _is_listed(before: str) -> bool:
    """Say whether a text that stands behind these characters of its line is a requirement."""
    if before.lstrip().startswith("#") or _EXTRAS_BEFORE.search(before):
        return False
    return not before.strip() or "[" in before or before.rstrip().endswith(",")


def _declared(form: Form, found: re.Match[str] | None) -> Declared | None:
    if found is None:
        return None
    given = (found["extras"] or "")[1:-1]
    extras = tuple(each.strip() for each in given.split(",") if each.strip())
    if form == "table":
        inline = re.search(r"extras\s*=\s*\[([^\]]*)\]", found["bounds"])
        extras = tuple(re.findall(r"[\w-]+", inline[1])) if inline else ()
    return Declared(form, found.start(), found.end(), found["name"], extras, found["bounds"])


def with_extra(text: str, entry: Declared, extra: str, bounds: str = "") -> str:
    """Have a requirement ask for an extra.

    Parameters:
        text: the file's.
        entry: the requirement.
        extra: of the distribution.
        bounds: instead of its own, if there are any.
    """
    extras = [*entry.extras, *([] if extra in entry.extras else [extra])]
    written = text[entry.start : entry.end]
    if entry.form == "table":
        after = f"{entry.name} = {_inline(entry, extras, bounds)}"
    else:
        quote = written[:1] if entry.form == "list" else ""
        after = f"{quote}{entry.name}[{','.join(extras)}]{bounds or entry.bounds}{quote}"
    return text[: entry.start] + after + text[entry.end :]


def _inline(entry: Declared, extras: list[str], bounds: str) -> str:
    """Write the entry of a table of Poetry's."""
    listed = ", ".join(f'"{each}"' for each in extras)
    said = entry.bounds.strip()
    if said[0] != "{":
        return f"{{ version = {repr_of(bounds) if bounds else said}, extras = [{listed}] }}"
    if bounds:
        said = re.sub(r"version\s*=\s*([\"'])[^\"']*\1", f"version = {repr_of(bounds)}", said)
    if entry.extras:
        return re.sub(r"extras\s*=\s*\[[^\]]*\]", f"extras = [{listed}]", said)
    return f"{said[:-1].rstrip().rstrip(',')}, extras = [{listed}] }}"


def repr_of(text: str) -> str:
    return f'"{text}"'


def with_more(text: str, entry: Declared, added: Iterable[tuple[str, str]]) -> str:
    """Declare more beside a requirement, in its form.

    Parameters:
        text: the file's.
        entry: beside which.
        added: names, with an extra if need be, and bounds.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    if entry.form == "lines":
        end = text.find("\n", entry.end)
        head, rest = (text, "") if end < 0 else (text[: end + 1], text[end + 1 :])
        head += "" if head.endswith("\n") else newline
        return head + "".join(f"{name}{bounds}{newline}" for name, bounds in added) + rest
    if entry.form == "table":
        lines = "".join(f"{newline}{_entry(name, bounds)}" for name, bounds in added)
        end = _end_of_line(text, entry.end)
        return text[:end] + lines + text[end:]
    return _in_list(text, entry, added, newline)


def _entry(name: str, bounds: str) -> str:
    plain, _, extra = name.partition("[")
    if not extra:
        return f"{plain} = {repr_of(bounds)}"
    return f'{plain} = {{ version = {repr_of(bounds)}, extras = ["{extra[:-1]}"] }}'


def _end_of_line(text: str, place: int) -> int:
    end = text.find("\n", place)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" else end


def _in_list(text: str, entry: Declared, added: Iterable[tuple[str, str]], newline: str) -> str:
    """Add to a list: on lines of their own, if the requirement has one."""
    quote = text[entry.start]
    start = text.rfind("\n", 0, entry.start) + 1
    margin = text[start : entry.start]
    texts = [f"{quote}{name}{bounds}{quote}" for name, bounds in added]
    if margin.strip():
        return text[: entry.end] + "".join(f", {each}" for each in texts) + text[entry.end :]
    end = _end_of_line(text, entry.end)
    behind = text[entry.end : end]
    comma = "" if behind.lstrip().startswith(",") else ","
    lines = "".join(f"{newline}{margin}{each}," for each in texts)
    return text[: entry.end] + comma + behind + lines + text[end:]
