"""Real faults put on a real service, and what became of its requests: each write that it acknowledged
is compared with the table afterwards."""

import async_db.faults.scenarios  # noqa: F401 (they register themselves)
from async_db.faults.description import read_service
from async_db.faults.outcome import Answer, Ending, Fact, Left, Outcome, Verdict
from async_db.faults.places import GivenPostgresql, OwnPostgresql, Place, SqliteFiles
from async_db.faults.process import NotStartedError
from async_db.faults.registry import SCENARIOS, Need, Scenario
from async_db.faults.rendered import RenderedService, render_service, service_of_rendered
from async_db.faults.reporting import json_report, remarks, table_rows
from async_db.faults.running import Lane, Result, run_lanes
from async_db.faults.service import Limits, Request, Service, ServiceError

__all__ = [
    "SCENARIOS",
    "Answer",
    "Ending",
    "Fact",
    "GivenPostgresql",
    "Lane",
    "Left",
    "Limits",
    "Need",
    "NotStartedError",
    "Outcome",
    "OwnPostgresql",
    "Place",
    "RenderedService",
    "Request",
    "Result",
    "Scenario",
    "Service",
    "ServiceError",
    "SqliteFiles",
    "Verdict",
    "json_report",
    "read_service",
    "remarks",
    "render_service",
    "run_lanes",
    "service_of_rendered",
    "table_rows",
]
