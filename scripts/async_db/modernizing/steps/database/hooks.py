"""Event hooks of an engine: they are registered on the sync engine inside of the async one."""

from __future__ import annotations

from async_db.modernizing.step import Step
from async_db.target import libraries

_RULE = "migrating/no-sync-left"
_NAMES = ("listens_for", "listen", "remove", "contains")


def hooks(step: Step) -> None:
    """Name the sync engine where events are registered."""
    for name in _NAMES:
        for call in step.service.project.calls.named(name):
            if not call.node.args:
                continue
            target = call.node.args[0]
            of = step.service.types.of(target, call.scope)
            if step.service.types.is_a(of, libraries.ENGINE):
                step.editing(call.scope.module).wrap(target, "", ".sync_engine")
                step.changed(call.scope.module, call.node, "sync_engine", rule=_RULE)
            elif step.service.types.is_a(of, libraries.SESSION):
                step.editing(call.scope.module).wrap(target, "", ".sync_session")
                step.changed(call.scope.module, call.node, "sync_session", rule=_RULE)
            elif step.service.types.is_a(of, libraries.SESSIONMAKER):
                reason = "events are of a sync class: give the factory a sync_session_class, and name that"
                step.withhold(call.scope.module, call.node, _RULE, reason)
