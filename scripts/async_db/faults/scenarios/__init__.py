"""The faults, one a file, each with what must hold under it: whoever adds one edits no list."""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)
