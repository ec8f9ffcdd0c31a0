"""What a service's source shows: the inventory, the findings by rule, the plan of the move.

A detector is a file of its own, `detectors/topic/slug.py`. What several of them ask is in
`service.py`, `sessions.py` and `yielding.py`; what is known of the project is `async_db.target`'s.
All of it is standard library only.
"""

from async_db.auditing.auditing import FINDS, PARTS, RULES, Audit, AuditError, Request, audit
from async_db.auditing.changes import ChangesError, checked_out
from async_db.auditing.detectors import DETECTORS, findings_of
from async_db.auditing.inventory import model_kind
from async_db.auditing.planning import Plan, Slice, plan_move
from async_db.auditing.reports import as_data, as_report
from async_db.auditing.service import Service
from async_db.auditing.settings import SettingsError
from async_db.auditing.unresolved import UNRESOLVED

__all__ = [
    "DETECTORS",
    "FINDS",
    "PARTS",
    "RULES",
    "UNRESOLVED",
    "Audit",
    "AuditError",
    "ChangesError",
    "Plan",
    "Request",
    "Service",
    "SettingsError",
    "Slice",
    "as_data",
    "as_report",
    "audit",
    "checked_out",
    "findings_of",
    "model_kind",
    "plan_move",
]
