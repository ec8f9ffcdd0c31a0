"""Recording, of a target's sync tests, what moving it to async needs to know: see `records`."""

from .hooks import recorded
from .recorder import RunRecorder, settled_below

__all__ = ["RunRecorder", "recorded", "settled_below"]
