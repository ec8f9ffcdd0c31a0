"""The plugin `async_db_observe` under the name that it had before it had a folder to itself.

    PYTHONPATH=<this folder> pytest -p observe

This folder holds modules with names that a service may well use. So it goes to the end of the path,
where it hides none; a module of the service's that is called ``observe`` is hidden all the same.
"""

import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _FOLDER]
sys.path += [str(_FOLDER / "pytest_plugin"), str(_FOLDER)]

from async_db_observe import (
    pytest_addoption,
    pytest_configure,
    pytest_load_initial_conftests,
)

__all__ = ["pytest_addoption", "pytest_configure", "pytest_load_initial_conftests"]
