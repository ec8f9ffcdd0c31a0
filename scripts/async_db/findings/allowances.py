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


def allowances_of(root: Path) -> list[Allowance]:
    """Read the allowances of a project's own Python files; what cannot be read has none.

    Parameters:
        root: the project's folder.
    """
    return [found for path in _python_files(root) for found in _allowances_in(path, root)]


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
    allowances: Iterable[Allowance], needed: set[tuple[str, int, str]], judged: frozenset[str]
) -> Iterator[Notice]:
    """Say which allowances say no reason, and which nothing needed.

    Parameters:
        allowances: all there are.
        needed: those that were, as `without_allowed` gives them.
        judged: the rules that were looked at; of others nothing can be said.
    """
    for each in allowances:
        place = f"{each.path}:{each.line}"
        if not each.reason:
            yield Notice(f"{place} allows something without a reason, which allows nothing.")
            continue
        for rule in each.rules:
            if rule in judged and (each.path, each.line, rule) not in needed:
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


def _allowances_in(path: Path, root: Path) -> Iterator[Allowance]:
    try:
        if _MARK.encode() not in path.read_bytes():
            return
        with tokenize.open(path) as file:
            comments = [
                token
                for token in tokenize.generate_tokens(file.readline)
                if token.type == tokenize.COMMENT
            ]
    except (OSError, SyntaxError, UnicodeDecodeError, tokenize.TokenError):
        return
    for token in comments:
        found = _COMMENT.match(token.string)
        if found:
            line, column = token.start
            alone = not token.line[:column].strip()
            rules = tuple(filter(None, (name.strip() for name in found["rules"].split(","))))
            name = path.relative_to(root).as_posix()
            yield Allowance(name, line, line + alone, rules, found["reason"].strip())
