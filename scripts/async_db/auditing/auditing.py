"""An audit from the first file to the last word: what was asked for, and all that was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from async_db.auditing.changes import checked_out
from async_db.auditing.detectors import DETECTORS, findings_of
from async_db.auditing.inventory import Section, take_inventory
from async_db.auditing.planning import Plan, plan_move
from async_db.auditing.service import Service
from async_db.auditing.settings import Settings, read_settings
from async_db.auditing.unresolved import unresolved_in
from async_db.findings import (
    Baseline,
    Finding,
    Notice,
    SourceFiles,
    allowance_notices,
    allowances_in,
    new_findings,
    read_baseline,
    without_allowed,
)
from async_db.target import (
    Class,
    Function,
    Module,
    Project,
    Release,
    SkippedFile,
    TargetError,
    first_line,
    read_project,
    without_collecting,
)

SHOWN_RELEASES = (
    *("fastapi", "starlette", "sqlalchemy", "sqlmodel", "alembic", "greenlet"),
    *("asyncpg", "psycopg", "psycopg2", "psycopg2-binary", "aiosqlite", "aiomysql", "databases"),
    *("httpx", "pytest", "pytest-asyncio", "anyio"),
)
"""The libraries whose releases decide what is right."""
RULES = tuple(sorted({detector.rule for detector in DETECTORS}))
"""The names of the rules that source can show broken."""
FINDS = tuple(sorted(set(RULES) - {detector.rule for detector in DETECTORS if detector.hidden}))
"""Those whose counterexamples are found in the source of the scaffold."""


class AuditError(Exception):
    """What was asked for cannot be done; the message is one line."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for.

    Parameters:
        root: the project's folder, or one file.
        parts: of `PARTS`, what to tell.
        rules: the rules to look at; all, if none is given.
        base: a commit; then only what the work tree adds to it is told.
        baseline: a file of known findings.
        catalogue: gives the names of all rules, where they are known; asked where it matters.
    """

    root: Path
    parts: tuple[str, ...]
    rules: tuple[str, ...] = ()
    base: str = ""
    baseline: Path | None = None
    catalogue: Callable[[], frozenset[str]] = frozenset


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found.

    Parameters:
        root: the project's folder.
        files: how many files were parsed.
        lines: how many lines they have.
        irrelevant: how many were not, since they cannot matter.
        skipped: what could not be read, and why.
        releases: of the libraries that matter.
        inventory: what there is; None if it was not asked for.
        findings: what is wrong; None if it was not asked for.
        plan: in which order it moves; None if it was not asked for.
        rules: the rules that were looked at.
        idle: the comments that allow what nothing needs, or allow nothing.
        old_baseline: the baseline, if it is of an older form.
        known: how many findings the baseline, or the other commit, has already.
        serves: whether there is a FastAPI application.
    """

    root: Path
    files: int
    lines: int
    irrelevant: int
    skipped: tuple[SkippedFile, ...]
    releases: tuple[Release, ...]
    inventory: tuple[Section, ...] | None
    findings: tuple[Finding, ...] | None
    plan: Plan | None
    rules: tuple[str, ...]
    idle: tuple[Notice, ...]
    old_baseline: Path | None
    known: int
    serves: bool

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is said beside the findings."""
        old = self.old_baseline
        told = [Notice(f"{old} is of an older form: it counts, and --write-baseline renews it.")]
        return (*self.idle, *(told if old else ()))


PARTS = ("inventory", "findings", "plan")
"""What an audit tells, in this order."""


def audit(request: Request) -> Audit:
    """Read a project and tell what was asked for; nothing of it is imported, run or changed.

    Parameters:
        request: what was asked for.

    Raises:
        AuditError: there is nothing in it that this is about, or a rule is unknown.
        TargetError: it cannot be read.
        ChangesError, SettingsError, BaselineError: as their names say.
    """
    with without_collecting():
        return _audit(request)


def _audit(request: Request) -> Audit:
    unknown = [rule for rule in request.rules if rule not in RULES]
    if unknown:
        raise AuditError(f"no detector for {unknown[0]!r}; --list-rules tells those that there are")
    folder = request.root if request.root.is_dir() else request.root.parent
    settings = read_settings(folder)
    project = read_project(request.root)
    if not project.speaks_of_databases:
        raise AuditError(f"{request.root}: no file of it names SQLAlchemy, SQLModel or FastAPI")
    service = Service(project)
    rules = tuple(
        rule for rule in RULES if rule not in settings.ignore and rule in (request.rules or RULES)
    )
    findings: list[Finding] | None = None
    idle: list[Notice] = []
    known, old = 0, None
    if "findings" in request.parts:
        every, idle = _findings(service, settings, rules, request.catalogue)
        findings, old = _new(every, request, settings, folder, rules)
        known = len(every) - len(findings)
    return Audit(
        root=request.root,
        files=len(project.modules),
        lines=project.lines,
        irrelevant=project.irrelevant,
        skipped=project.skipped,
        releases=tuple(
            project.releases[name] for name in SHOWN_RELEASES if name in project.releases
        ),
        inventory=take_inventory(service) if "inventory" in request.parts else None,
        findings=None if findings is None else tuple(findings),
        plan=plan_move(service) if "plan" in request.parts else None,
        rules=rules,
        idle=tuple(idle),
        old_baseline=old,
        known=known,
        serves=service.has_application,
    )


def _findings(
    service: Service,
    settings: Settings,
    rules: tuple[str, ...],
    catalogue: Callable[[], frozenset[str]],
) -> tuple[list[Finding], list[Notice]]:
    modules = [each for each in service.project.modules if not settings.excludes(each.path)]
    found = [each for each in findings_of(service, rules) if not settings.excludes(each.path)]
    found += [one for each in modules for one in unresolved_in(each, rules)]
    allowances = [one for each in modules for one in allowances_in(each.path, each.text)]
    kept, needed = without_allowed(found, allowances)
    names = catalogue() if allowances else frozenset()
    idle = [*allowance_notices(allowances, needed, frozenset(rules), names)]
    return _located(kept, modules), idle


def _located(findings: list[Finding], modules: Sequence[Module]) -> list[Finding]:
    by_path = {each.path: each for each in modules}

    def text_of(path: str) -> str | None:
        return by_path[path].text if path in by_path else None

    def scopes_of(path: str) -> list[tuple[int, int, str]] | None:
        if path not in by_path:
            return None
        module = by_path[path]
        defined: tuple[Function | Class, ...] = (*module.all_functions, *module.all_classes)
        return [
            (first_line(each.node), each.node.end_lineno or each.line, each.qualname)
            for each in defined
        ]

    return SourceFiles(text_of, scopes_of).located(findings)


def _new(
    findings: list[Finding],
    request: Request,
    settings: Settings,
    folder: Path,
    rules: tuple[str, ...],
) -> tuple[list[Finding], Path | None]:
    """Give the findings that neither a baseline nor another commit has, and a baseline that is old."""
    new, old = findings, None
    path = request.baseline or (folder / settings.baseline if settings.baseline else None)
    if path is not None:
        baseline = read_baseline(path)
        new = new_findings(findings, baseline)
        old = path if baseline.by_message else None
    if request.base:
        with checked_out(folder, request.base) as before:
            added = set(new_findings(findings, _at_base(before, settings, rules)))
        new = [each for each in new if each in added]
    return new, old


def _at_base(folder: Path, settings: Settings, rules: tuple[str, ...]) -> Baseline:
    try:
        project: Project = read_project(folder)
    except TargetError:
        return Baseline()  # there was no Python in it
    return Baseline.of(_findings(Service(project), settings, rules, frozenset)[0])
