"""Calls of functions by other names than their own: of objects with `__call__`, of what was handed on.

Who calls a function is found by its name; a fixture's factory, a use case that is called as a
function and a method that a variable holds go by another.
"""

from __future__ import annotations

from async_db.auditing import Service
from async_db.target import Call, Function

_CONSTRUCTORS = ("__init__", "__new__")


def calls_by_other_names(service: Service) -> dict[Function, list[Call]]:
    """Give the calls that run a function under a name that is not its own.

    Parameters:
        service: the model of the target.
    """
    found: dict[Function, list[Call]] = {}
    for module in service.project.modules:
        for call in module.all_calls:
            for callee in service.calls.callees(call):
                function = callee.function
                if function.name != call.name and function.name not in _CONSTRUCTORS:
                    found.setdefault(function, []).append(call)
    return found
