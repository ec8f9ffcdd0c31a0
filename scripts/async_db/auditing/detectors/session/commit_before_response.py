"""A dependency that commits in its exit code, which runs when the response is out."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.yielding import commit_after_yield
from async_db.findings import Finding
from async_db.target import Dependency, Release

RULE = "session/commit-before-response"
_SHOWN = 3


@detects(RULE)
def commits_late(service: Service) -> Iterator[Finding]:
    """Find dependencies in request scope that commit after `yield`, where FastAPI runs that late."""
    release = service.release("fastapi")
    if release is not None and release.at_least("0.118") is False is not release.at_least("0.106"):
        return  # between these two it ran before the response
    for function, places in service.web.provided_functions.items():
        late = commit_after_yield(service, function) if service.serves(function.module) else None
        dependents = [each for each in places if _is_late(service, each)]
        if late is not None and dependents:
            yield service.finding(
                RULE,
                "proven",
                (late.function.module, late.node),
                f"{function.qualname} commits after its `yield`, which {_fastapi(release)} runs when the "
                "response is out: a client has its 201, and the commit can still fail",
                _advice(service),
                (*late.evidence, *_told(dependents)),
            )


def _fastapi(release: Release | None) -> str:
    """Name what runs it late: the release, or where only bounds are known, those that do."""
    certain = release is not None and (release.at_least("0.118") or not release.at_least("0.106"))
    return f"FastAPI {release}" if certain else "FastAPI from 0.118 on"


def _is_late(service: Service, dependency: Dependency) -> bool:
    return dependency.exit_scope != "function" and not dependency.module.is_test


def _told(dependents: list[Dependency]) -> Iterator[str]:
    for each in dependents[:_SHOWN]:
        yield f"{each.module.path}:{each.call.lineno}  {each.module.source(each.call)}"
    if len(dependents) > _SHOWN:
        yield f"and {len(dependents) - _SHOWN} more places depend on it in request scope"


def _advice(service: Service) -> str:
    release = service.release("fastapi")
    if release is not None and release.at_least("0.121") is False:
        return (
            "commit in the operation; from FastAPI 0.121 on, "
            'Depends(..., scope="function") commits before the response'
        )
    return 'say Depends(..., scope="function") in one alias that everything uses'
