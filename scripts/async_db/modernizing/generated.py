"""Files that a program writes: an edit by us would be gone with its next run."""

from __future__ import annotations

import re
from collections.abc import Iterator

_HEAD = 15
"""How many lines at most say where a file comes from."""
_NAMES = re.compile(r"_pb2(_grpc)?\.pyi?\Z")
_SAYS = re.compile(
    r"""@generated\b | \bDO\ NOT\ (EDIT|MODIFY)\b
    | ^[#\s"']* (?i: do\ not\ (edit|modify)\b
        | ((this|the)\ )?((file|code|module)\ )?((is|was|has\ been)\ )?
          (auto[- ]?|automatically\ )generated\b)
    | ^\#\s* (?i: (this\ (file|module)\ (is|was)\ )?generated\ (by|from|with)\b)""",
    re.VERBOSE,
)
WHY = "it is generated, and left alone: have what writes it write the async form"


def is_generated(path: str, text: str) -> bool:
    """Say whether a program writes a Python file, by its name or what its first lines say.

    Parameters:
        path: the file's.
        text: what it says.
    """
    return _NAMES.search(path) is not None or any(_SAYS.search(line) for line in _head(text))


def _head(text: str) -> Iterator[str]:
    """Give the comments, and the lines of a docstring, that a file begins with."""
    quotes = ""
    for line in text.splitlines()[:_HEAD]:
        bare = line.strip().lstrip("\ufeff")
        if quotes:
            yield bare
            quotes = "" if quotes in bare else quotes
        elif bare.startswith("#"):
            yield bare
        elif bare[:3] in ('"""', "'''"):
            yield bare
            quotes = "" if bare[:3] in bare[3:] else bare[:3]
        elif bare:
            return
