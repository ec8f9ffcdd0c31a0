"""What happened to the database while one request was served, as data.

All of it is standard library only: it is recorded in one process and looked at in others.
"""

from .coverage import Coverage
from .event import Event, Kind
from .recording import Recording
from .trace import OWN_BLOCK, Task, Trace

__all__ = ["OWN_BLOCK", "Coverage", "Event", "Kind", "Recording", "Task", "Trace"]
