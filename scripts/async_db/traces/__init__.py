"""What happened to the database while one request was served, as data.

All of it is standard library only: it is recorded in one process and looked at in others.
"""

from async_db.traces.event import Event, Kind
from async_db.traces.recording import Recording
from async_db.traces.trace import OWN_BLOCK, Trace

__all__ = ["OWN_BLOCK", "Event", "Kind", "Recording", "Trace"]
