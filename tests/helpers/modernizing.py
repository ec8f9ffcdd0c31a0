"""Small targets before and after a step of `modernize`."""

import difflib
import textwrap
from collections.abc import Mapping
from pathlib import Path

from async_db.modernizing import (
    Modernization,
    Options,
    Sources,
    StepFunction,
    modernize,
    parsed,
)
from helpers.served import write_files


def sources(**files: str) -> Sources:
    """Give files in memory: `sources(app__main="…")` has `app/main.py`."""
    texts = {_path(name): textwrap.dedent(text).lstrip("\n") for name, text in files.items()}
    originals = {path: text.encode() for path, text in texts.items()}
    return Sources(Path("/nowhere"), texts, originals)


def _path(name: str) -> str:
    stem = name.removesuffix("____init__")
    return stem.replace("__", "/") + ("/__init__.py" if stem != name else ".py")


def transformed(
    before: Mapping[str, str],
    *steps: StepFunction,
    options: Options = Options(),  # noqa: B008 (frozen)
) -> Modernization:
    """Take steps, see that each file still parses and that a second time changes nothing."""
    done = modernize(sources(**before), options, steps)
    for path, text in done.after.texts.items():
        if path.endswith(".py"):
            parsed(text)
    again = modernize(
        Sources(done.after.root, done.after.texts, originals_of(done.after)), options, steps
    )
    _same(again.after.texts, done.after.texts)
    return done


def in_project(
    folder: Path, texts: Mapping[str, str], *steps: StepFunction, unsafe: bool = False
) -> Modernization:
    """Take steps in a project on disk, whose declared releases are read."""
    write_files(folder, texts)
    sources = Sources(folder, texts, {path: text.encode() for path, text in texts.items()})
    done = modernize(sources, Options(unsafe=unsafe), steps)
    again = modernize(
        Sources(folder, done.after.texts, originals_of(done.after)), Options(unsafe=unsafe), steps
    )
    assert again.after.texts == done.after.texts
    return done


def originals_of(sources: Sources) -> dict[str, bytes]:
    return {path: text.encode() for path, text in sources.texts.items()}


def check_transformed(
    before: Mapping[str, str],
    after: Mapping[str, str],
    *steps: StepFunction,
    options: Options = Options(),  # noqa: B008 (frozen)
) -> Modernization:
    """See that steps turn some files into others; those not named in `after` stay as they are."""
    done = transformed(before, *steps, options=options)
    wanted = dict(sources(**before).texts) | dict(sources(**after).texts)
    _same(done.after.texts, wanted)
    return done


def check_noop(*steps: StepFunction, options: Options = Options(), **files: str) -> Modernization:  # noqa: B008 (frozen)
    """See that steps leave files as they are."""
    return check_transformed(files, {}, *steps, options=options)


def _same(found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    for path in sorted({*found, *wanted}):
        one, other = wanted.get(path, ""), found.get(path, "")
        difference = difflib.unified_diff(
            one.splitlines(), other.splitlines(), "wanted", path, lineterm=""
        )
        assert one == other, "\n".join(difference)
