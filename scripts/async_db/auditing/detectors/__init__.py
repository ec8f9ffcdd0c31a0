"""What the audit sees of the rules: in `topic/slug.py` the detector of the rule `topic/slug`.

Each module of a topic's folder registers its detector when it is imported, and all are imported
here: whoever adds one adds a file and edits no list. Modules beside the folders are shared.
"""

from importlib import import_module
from pkgutil import walk_packages

from async_db.auditing.detectors.registry import DETECTORS, Detector, findings_of

__all__ = ["DETECTORS", "Detector", "findings_of"]

for _module in walk_packages(__path__, f"{__name__}."):
    import_module(_module.name)
