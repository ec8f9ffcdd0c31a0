"""When a dependency's exit code runs: what commits there has to before the response."""

from __future__ import annotations

import re

from async_db.auditing import Service
from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.arguments import edit_arguments
from async_db.target import Function

_RULE = "session/commit-before-response"
_SINCE = "0.121"
_LATER = re.compile(r"StreamingResponse|EventSourceResponse|add_task")
"""What may use an operation's session after it has returned."""


def exiting(step: Step) -> None:
    """Have dependencies that commit after `yield` do so before the response, where FastAPI can."""
    service = step.service
    for function, places in service.web.provided_functions.items():
        late = _commits_late(service, function)
        if not late or not can_end_early(step, function):
            continue
        for dependency in places:
            if not any(each.arg == "scope" for each in dependency.call.keywords):
                module = dependency.module
                edit_arguments(step.editing(module), dependency.call, (), 'scope="function"')
                step.changed(module, dependency.call, "scope", rule=_RULE)


def _commits_late(service: Service, function: Function) -> bool:
    """Say whether an async dependency commits what it yielded itself."""
    if not function.is_async or not function.yields:
        return False
    last = max(each.lineno for each in function.yields)
    return any(
        call.name == "commit" and call.node.lineno > last and call.use == "awaited"
        for call in function.calls
    )


def can_end_early(step: Step, function: Function) -> bool:
    """Say whether a dependency can end before the response, and nobody needs it after the operation.

    That is a stream, a task or a dependency that lives longer.
    """
    release = step.project.release("fastapi")
    if release is None or release.at_least(_SINCE) is not True:
        return False
    service = step.service
    for user in {*service.web.provided_functions, *service.web.route_functions}:
        if user is function or not (user.is_generator or _LATER.search(user.module.text)):
            continue
        needed = service.web.all_dependencies(user)
        if any(service.web.function_of(each.target) is function for each in needed):
            return False
    return True
