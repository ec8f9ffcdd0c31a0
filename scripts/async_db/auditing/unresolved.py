"""What `modernize` left to a person, and marked in the code: each mark is a finding until it is gone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from async_db.findings import Finding, comments_in
from async_db.target import Module

UNRESOLVED = "async-db: unresolved"
_COMMENT = re.compile(rf"#\s*{UNRESOLVED}\[(?P<rule>[^\]]*)\]\s*(?P<reason>.*)")


def unresolved_in(module: Module, rules: Collection[str] = ()) -> Iterator[Finding]:
    """Give a finding for each mark in a file.

    Parameters:
        module: the file.
        rules: those that are asked for; all, if there are none.
    """
    if UNRESOLVED not in module.text:
        return
    for comment in comments_in(module.text):
        found = _COMMENT.search(comment.text)
        if found is None or (rules and found["rule"] not in rules):
            continue
        code = module.lines[comment.covers - 1].strip() if comment.covers else ""
        yield Finding(
            found["rule"],
            "proven",
            module.path,
            comment.covers,
            f"The move left this to a person: {found['reason']}.",
            "Do what it says, and take the comment out.",
            evidence=(code,),
        )
