"""Writing a chain anew: its calls renamed, what executes it put around it, its layout kept."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from async_db.modernizing.editing import Editing, Replacement
from async_db.modernizing.steps.queries.chains import Chain

_INDENTATION = re.compile(r"[ \t]*")
_STEP = "    "


@dataclass(frozen=True, slots=True)
class Execution:
    """How a chain is executed.

    Parameters:
        session: how the session is written; a chain that begins with `query` has its own.
        openers: what stands before the statement, outermost first, such as `scalars(`.
        core: what stands instead of `query`, such as `select`.
        additions: calls behind the last one on the statement, such as `.limit(1)`.
        close_at: the offset behind which it is no longer the statement.
        behind: what follows the last parenthesis, such as `.unique()`.
    """

    session: str
    openers: tuple[str, ...]
    core: str
    additions: tuple[str, ...]
    close_at: int
    behind: str = ""


class Writer:
    """Writes chains of one file.

    Parameters:
        editing: the file's edits.
    """

    def __init__(self, editing: Editing) -> None:
        self.editing = editing
        self.text = editing.places.text
        self._shifts: list[tuple[int, str]] = []

    def finish(self) -> None:
        """Move the lines of chains, as far as no other edit replaces where they begin."""
        replaced = [each for each in self.editing.replacements if each.end > each.start]
        for number, (offset, text) in enumerate(self._shifts):
            if not any(each.start < offset < each.end for each in replaced):
                # Those of an outer and of an inner chain are one behind the other, not one.
                shift = Replacement(offset, offset, text, number - 10**9)
                self.editing.replacements[shift] = None

    def attribute(self, node: ast.Attribute) -> tuple[int, int]:
        """Give where the name of an attribute is."""
        end = self.editing.places.span(node)[1]
        return end - len(node.attr), end

    def dot(self, node: ast.Attribute) -> int:
        """Give where the dot of an attribute is."""
        behind = self.editing.places.span(node.value)[1]
        return self.text.rindex(".", behind, self.attribute(node)[0])

    def rename(self, call: ast.Call, name: str) -> None:
        if isinstance(call.func, ast.Attribute) and call.func.attr != name:
            self.editing.replace_range(*self.attribute(call.func), name)

    def replace_call(self, call: ast.Call, text: str) -> None:
        """Write a call anew, from its name on."""
        if isinstance(call.func, ast.Attribute):
            start, _ = self.attribute(call.func)
            self.editing.replace_range(start, self.editing.places.span(call)[1], text)

    def replace_head(self, call: ast.Call, text: str) -> None:
        """Write anew what stands before the first argument of a call, its name included."""
        if isinstance(call.func, ast.Attribute) and call.args:
            start, _ = self.attribute(call.func)
            self.editing.replace_range(start, self.editing.places.span(call.args[0])[0], text)

    def open(self, chain: Chain, core: str) -> None:
        """Leave a chain a statement: `session.query` becomes `select`."""
        call = chain.source
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            start, _ = self.editing.places.span(call)
            self.editing.replace_range(start, self.editing.places.span(call.func)[1], core)

    def execute(self, chain: Chain, how: Execution) -> None:
        """Write around a chain what executes it."""
        start = self.editing.places.span(chain.source)[0]
        end = self.editing.places.span(chain.end)[1]
        broken = self._is_broken(chain)
        indentation = self._indentation(start)
        inner = [indentation + _STEP * (level + 1) for level in range(len(how.openers))]
        gaps = [f"\n{each}" for each in inner] if broken else [""] * len(inner)
        opened = "".join(opener + gap for opener, gap in zip(how.openers, gaps, strict=True))
        self._write_head(chain, how, opened)
        deepest = gaps[-1]
        added = "".join(f"{deepest}{each}" for each in how.additions)
        if added:
            self._close(end, added, end - start)
        closing = ""
        for level in range(len(how.openers) - 1, -1, -1):
            outside = inner[level - 1] if level else indentation
            closing += f"\n{outside})" if broken else ")"
        if broken:
            self._indent(start, how.close_at, indentation, inner[-1])
            self._close_broken(how.close_at, closing, how.behind, how.close_at - start)
        else:
            self._close(how.close_at, closing + how.behind, how.close_at - start + 1)

    def _write_head(self, chain: Chain, how: Execution, opened: str) -> None:
        call = chain.source
        places = self.editing.places
        start = places.span(call)[0]
        if chain.kind == "root" and isinstance(call, ast.Call):
            if isinstance(call.func, ast.Attribute):
                behind, query = places.span(call.func.value)[1], places.span(call.func)[1]
                between = self.text[behind : self.dot(call.func)]
                kept = between if ")" in between else ""
                self.editing.replace_range(behind, query, f"{kept}.{opened}{how.core}")
        else:
            width = max(how.close_at - start, 1)
            text = f"{how.session}.{opened}"
            self.editing.replacements[Replacement(start, start, text, -width)] = None

    def _close(self, offset: int, text: str, width: int) -> None:
        self.editing.replacements[Replacement(offset, offset, text, max(width, 1))] = None

    def _close_broken(self, offset: int, closing: str, behind: str, width: int) -> None:
        """Close what was opened on a line of its own, in the place of the indentation there."""
        line = self.editing.places.start_of_line(self.editing.places.line_of(offset))
        if self.text[line:offset].strip():
            self._close(offset, closing + behind, width + 1)
        else:
            self.editing.replace_range(line, offset, closing.removeprefix("\n") + behind)

    def _is_broken(self, chain: Chain) -> bool:
        """Say whether calls of a chain stand on lines of their own."""
        behind = self.editing.places.span
        calls = [*chain.links, chain.source, chain.use.node]
        for call in calls:
            func = call.func if isinstance(call, ast.Call) else None
            is_own = call is not chain.source or chain.kind == "root"
            if is_own and isinstance(func, ast.Attribute):
                between = self.text[behind(func.value)[1] : self.attribute(func)[0]]
                if "\n" in between or "\r" in between:
                    return True
        return False

    def _indentation(self, offset: int) -> str:
        line = self.editing.places.start_of_line(self.editing.places.line_of(offset))
        found = _INDENTATION.match(self.text, line)
        return found.group() if found else ""

    def _indent(self, start: int, end: int, outside: str, inside: str) -> None:
        """Move the lines of a chain to the right, so that the least of them is at `inside`."""
        places = self.editing.places
        first, last = places.line_of(start), places.line_of(max(end - 1, start))
        strings = self._inside_strings(first, last)
        lines = [
            line
            for line in range(first + 1, last + 1)
            if line not in strings and self._has_code(line, end)
        ]
        least = min(
            (self._indentation(places.start_of_line(line)) for line in lines),
            key=len,
            default=outside,
        )
        missing = inside.removeprefix(least) if inside.startswith(least) else ""
        for line in lines:
            if missing:
                self._shifts.append((places.start_of_line(line), missing))

    def _has_code(self, line: int, end: int) -> bool:
        """Say whether anything of a chain stands on a line, before its end."""
        start = self.editing.places.start_of_line(line)
        stop = min(self.editing.places.next_line(start), end)
        return bool(self.text[start:stop].strip())

    def _inside_strings(self, first: int, last: int) -> set[int]:
        """Give the lines that begin inside a string."""
        found: set[int] = set()
        for node in ast.walk(self.editing.tree):
            is_text = isinstance(node, ast.JoinedStr) or (
                isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
            )
            if is_text and first <= node.lineno <= last:  # type: ignore[attr-defined]  # both have a place
                found.update(range(node.lineno + 1, (node.end_lineno or 0) + 1))  # type: ignore[attr-defined]  # as above
        return found
