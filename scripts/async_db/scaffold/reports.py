"""What `render` says of a job: lines, a list of files, a diff, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from textwrap import indent
from typing import Any

from async_db.scaffold.atomic_writing import unified_diff
from async_db.scaffold.hand_work import HandWork
from async_db.scaffold.job import Job
from async_db.scaffold.layer_needs import MissingImport

SCHEMA_VERSION = 1


def told(job: Job) -> Iterator[str]:
    """Give the lines that are said before the report: what was assumed first."""
    for each in job.assumed:
        yield f"assumed {each.option} {each.value or '(none)'}: {each.why}"
    yield from job.notes
    for missing in job.missing:
        yield _missing_line(missing)
    if job.requirements:
        yield f"needs installed: {', '.join(job.requirements)}"


def _missing_line(missing: MissingImport) -> str:
    advice = f"add --only {missing.layer}" if missing.layer else "supply it yourself"
    return f"{missing.module} is imported but not there: {advice}"


def as_text(job: Job, refused: bool) -> str:
    """Give the report: the files, and what is to be added by hand.

    Parameters:
        job: what is reported.
        refused: whether files that differ would be refused.
    """
    words = {"overwritten": "differs"} if refused else {}
    files = "".join(
        f"{words.get(file.action, file.action):<11} {file.path}\n".replace("\\\n", "\n")
        for file in job.plan.files
    )
    todo = [each for each in job.by_hand if each.done is not True]
    return files + ("\nby hand:\n" + "".join(map(_hand_work, todo)) if todo else "")


def _hand_work(work: HandWork) -> str:
    return f"\n{work.kind}, {work.where}: {work.why}\n{indent(work.code, '    ')}\n"


def left_to_do(job: Job) -> list[str]:
    """Give a line for each thing that is not done: files that are not there, and what is by hand."""
    lines = [f"{file.path}: not written" for file in job.plan.files if file.before is None]
    lines += [_missing_line(each) for each in job.missing]
    return lines + [
        f"{each.where}: {each.kind}: {each.why}" for each in job.by_hand if each.done is False
    ]


def as_json(job: Job, preview: bool, with_diff: bool) -> str:
    """Give the report for programs.

    Parameters:
        job: what is reported.
        preview: whether nothing was written.
        with_diff: whether the diff of each file is wanted.
    """
    files: list[Mapping[str, str]] = [
        {"path": str(file.path), "action": file.action}
        | ({"diff": unified_diff(file)} if with_diff else {})
        for file in job.plan.files
    ]
    report: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "options": job.options,
        "target": str(job.plan.target),
        "dry_run": preview,
        "files": files,
        "missing_imports": [asdict(missing) for missing in job.missing],
        "requirements": job.requirements,
    }
    if job.by_hand:
        report["by_hand"] = [asdict(each) for each in job.by_hand]
    if job.house is not None:
        report |= {
            "assumed": [asdict(each) for each in job.assumed],
            "notes": list(job.notes),
            "house": _house(job),
        }
    return f"{json.dumps(report, indent=2)}\n"


def _house(job: Job) -> dict[str, Any]:
    """Give what was read of the project, without every name in it."""
    assert job.house is not None  # noqa: S101 - asked for only where there is one
    read = asdict(job.house)
    for name in ("words", "imports", "assumptions"):
        del read[name]
    return {
        name: sorted(value) if isinstance(value, frozenset) else _plain(value)
        for name, value in read.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return sorted(value) if isinstance(value, frozenset) else value


def refused_as_json(why: str) -> str:
    """Give a refusal for programs."""
    return f"{json.dumps({'schema_version': SCHEMA_VERSION, 'refused': why}, indent=2)}\n"
