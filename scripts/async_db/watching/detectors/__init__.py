"""What `observe` sees of the rules: in `topic/slug.py` the detectors of the rule `topic/slug`.

Each module of a topic's folder registers its detectors when it is imported, and all are imported
here: whoever adds one adds a file and edits no list. Modules beside the folders are shared.
"""

from importlib import import_module
from pkgutil import walk_packages

from .registry import DETECTORS, Detector, Subject, findings_of
from .subjects import (
    AbandonedSession,
    CreatedEngine,
    EngineAfterShutdown,
)

__all__ = [
    "DETECTORS",
    "AbandonedSession",
    "CreatedEngine",
    "Detector",
    "EngineAfterShutdown",
    "Subject",
    "findings_of",
]

for _module in walk_packages(__path__, f"{__name__}."):
    import_module(_module.name)
