"""What happened to the database while one request was served, as data.

All of it is standard library only: it is recorded in one process and looked at in others.
"""

from .coverage import Coverage
from .cutting import MOST_EVENTS, cut
from .event import Event, Kind
from .recording import Recording
from .trace import EXPLICIT, OWN_BLOCK, Task, Trace

__all__ = [
    "EXPLICIT",
    "MOST_EVENTS",
    "OWN_BLOCK",
    "Coverage",
    "Event",
    "Kind",
    "Recording",
    "Task",
    "Trace",
    "cut",
]
