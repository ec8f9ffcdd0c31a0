"""What a project allows itself, in comments beside the code. Standard library only.

``# async-db: ignore[topic/slug] reason`` at the end of a line, or on a line of its own above it.
"""

from __future__ import annotations

import os
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .finding import Finding
from .notice import Notice
from .source_lines import comments_in

_MARK = "async-db: ignore["
_COMMENT = re.compile(r"#\s*async-db:\s*ignore\[(?P<rules>[^\]]*)\]\s*(?P<reason>.*)")
_NOT_ITS_OWN = frozenset({"site-packages", "dist-packages", "node_modules", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Allowance:
    """A comment that allows what rules warn of.

    Parameters:
        path: the file, relative to the project.
        line: of the comment.
        covers: the line whose findings it allows.
        rules: the names of the rules.
        reason: why; without one it allows nothing.
    """

    path: str
    line: int
    covers: int
    rules: tuple[str, ...]
    reason: str


def allowances_in(path: str, text: str) -> Iterator[Allowance]:
    """Read the allowances of a file; one that is no Python has none.

    Parameters:
        path: the file, relative to the project.
        text: what it holds.
    """
    if _MARK not in text:
        return
    for comment in comments_in(text):
        found = _COMMENT.search(comment.text)
        if found:
            rules = tuple(filter(None, (name.strip() for name in found["rules"].split(","))))
            reason = found["reason"].strip()
            yield Allowance(path, comment.line, comment.covers, rules, reason)


def allowances_of(root: Path) -> list[Allowance]:
    """Read the allowances of a project's own Python files; what cannot be read has none.

    Parameters:
        root: the project's folder.
    """
    return [
        found
        for path in _python_files(root)
        for found in allowances_in(path.relative_to(root).as_posix(), _text_of(path))
    ]


def without_allowed(
    findings: Iterable[Finding], allowances: Iterable[Allowance]
) -> tuple[list[Finding], set[tuple[str, int, str]]]:
    """Leave out the findings that are allowed.

    Returns:
        The others in the order they came in, and each allowance that was needed, as its path, its
        line and the rule.
    """
    by_place = {
        (each.path, each.covers, rule): each
        for each in allowances
        if each.reason
        for rule in each.rules
    }
    left, needed = [], set()
    for finding in findings:
        allowed = by_place.get((finding.path.replace("\\", "/"), finding.line, finding.rule))
        if allowed is None:
            left.append(finding)
        else:
            needed.add((allowed.path, allowed.line, finding.rule))
    return left, needed


def allowance_notices(
    allowances: Iterable[Allowance],
    needed: set[tuple[str, int, str]],
    judged: frozenset[str],
    rules: frozenset[str] = frozenset(),
) -> Iterator[Notice]:
    """Say which allowances say no reason, name no rule, or are needed by nothing.

    Parameters:
        allowances: all there are.
        needed: those that were, as `without_allowed` gives them.
        judged: the rules that were looked at; of others nothing can be said.
        rules: the names of all rules, where they are known.
    """
    for each in allowances:
        place = f"{each.path}:{each.line}"
        if not each.reason:
            yield Notice(f"{place} allows something without a reason, which allows nothing.")
            continue
        for rule in each.rules:
            if rules and rule not in rules:
                yield Notice(f"{place} allows {rule}, and there is no such rule.")
            elif rule in judged and (each.path, each.line, rule) not in needed:
                yield Notice(f"{place} allows {rule}, and nothing needed that in this run.")


def _python_files(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        names[:] = [
            name
            for name in names
            if name not in _NOT_ITS_OWN
            and not name.startswith(".")
            and not Path(folder, name, "pyvenv.cfg").exists()
        ]
        yield from (Path(folder, name) for name in files if name.endswith(".py"))


def _text_of(path: Path) -> str:
    """Read a file that may hold an allowance; nothing of others, which are most."""
    try:
        if _MARK.encode() not in path.read_bytes():
            return ""
        with tokenize.open(path) as file:
            return file.read()
    except (OSError, SyntaxError, UnicodeDecodeError):
        return ""
