"""Events and statements in words. Standard library only."""

from __future__ import annotations

import re

from ..traces import Event
from .timeline import Tone

_VERB = re.compile(r"\s*([A-Za-z]+)")
_OF_TABLE = {
    "SELECT": re.compile(r"\bFROM\s+([^\s,;()]+)", re.IGNORECASE),
    "INSERT": re.compile(r"\bINTO\s+([^\s,;()]+)", re.IGNORECASE),
    "UPDATE": re.compile(r"\bUPDATE\s+([^\s,;()]+)", re.IGNORECASE),
    "DELETE": re.compile(r"\bFROM\s+([^\s,;()]+)", re.IGNORECASE),
}


def said(event: Event) -> str:
    """Say in words what happened."""
    connection = f"connection {event.connection}" if event.connection else "a connection"
    session = f"session {event.session}" if event.session else "a session"
    on = f" on {connection}" if event.connection else ""
    detail = event.detail
    match event.kind:
        case "connect":
            return f"{connection} to the database is opened"
        case "close":
            return f"{connection} is closed"
        case "checkout":
            return f"{connection} is taken from the pool"
        case "checkin":
            return f"{connection} is given back"
        case "begin":
            return f"a transaction begins{on}"
        case "statement":
            return f"{connection}: {detail}"
        case "executed":
            return f"{connection}: the statement is done"
        case "commit" | "rollback":
            return f"{event.kind.upper()} is sent{on}"
        case "flush":
            return f"{session} flushes"
        case "session":
            return f"{session} is made"
        case "unit.begin":
            return f"{session} begins a unit of work{on}"
        case "unit.end":
            return f"{session} lets go of its connection"
        case "unit.commit":
            return f"{session} commits its unit of work"
        case "unit.rollback":
            return f"{session} rolls its unit of work back"
        case "response.start":
            return f"the response begins: {detail}"
        case "response.end":
            return "the response is complete"
        case "request.end":
            return "the request is over"
        case "cancel":
            return "the request is cancelled"
        case "error":
            return f"error{on}: {detail}"
        case "wait":
            return "waits for a connection: the pool is exhausted"
        case "outside.start":
            return f"waits for {detail or 'something that is not the database'}"
        case "outside.end":
            return f"goes on after {detail or 'waiting'}"
        case "unflushed":
            return f"{session} is closed, and {detail} that was added is not written"
        case "overlap":
            return f"{session} is called while another task's call of it goes on"
        case "load":
            return f"{detail or 'an attribute'} is loaded behind the code's back"
    return f"{event.kind} {detail}".strip()


def short(statement: str) -> str:
    """Name a statement by its verb and, where that is plain to see, its table."""
    found = _VERB.match(statement)
    verb = found[1].upper() if found else statement.strip()[:12]
    table = _OF_TABLE[verb].search(statement) if verb in _OF_TABLE else None
    name = table[1].rpartition(".")[2].strip("\"'`[]") if table else ""
    return f"{verb} {name}".strip()


def tone_of(statement: str) -> Tone:
    found = _VERB.match(statement)
    verb = found[1].upper() if found else ""
    return "read" if verb in {"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"} else "control"
