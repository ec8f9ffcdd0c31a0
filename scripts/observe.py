"""Watch what a service's database layer does while it runs, driven by whatever drives it.

    python path/to/scripts/observe.py -- uvicorn app.main:app --port 8000

All Python processes of the command are watched: workers, reloaders, what a shell script starts. It
reports findings by the rules of the catalogue, each with the route, the line and the order of
events, when the command ends, and whenever it is sent SIGUSR1. It changes no answer, and needs
nothing that the service has not: Python 3.11, SQLAlchemy 1.4 and Starlette, or newer ones. What is
seen is noted at once, so that a process that is killed takes nothing away.

Where nothing can be put in front of the command, a line in the app does it (see
pytest_plugin/async_db_observe_middleware.py), and --notes tells what it has noted.

As a module, this is the pytest plugin `async_db_observe` under its old name::

    PYTHONPATH=<this folder> pytest -p observe
"""

import os
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)
_FOLDER = Path(__file__).resolve().parent

EPILOG = """\
examples:
  python scripts/observe.py -- uvicorn app.main:app --port 8000
  python scripts/observe.py --html observed.html -- gunicorn -k uvicorn_worker.UvicornWorker app.main:app
  python scripts/observe.py --fail-on proven -- ./serve_and_replay.sh
  kill -USR1 PID                               what has been seen so far; PID is told at the start
  python scripts/observe.py --notes observed   the same, of notes that were kept or that a middleware made

What modernize.py reads is recorded of tests, by the plugin: pytest -p async_db_observe --observe-record=PATH

exit codes:
  the command's own; or, if it has not failed and --fail-on is given,
  1    there are new findings of that grade or a surer one
  3    it cannot be said whether there are: no request was watched, a process gave up, ...
  and always
  2    the call was wrong
  127  the command was not found
A command that is stopped by SIGINT or SIGTERM, sent to this one, has not failed.
"""


def main(arguments: "list[str] | None" = None) -> int:
    """Run the command line and give its exit code."""
    from async_db.running import call

    return call(arguments, __doc__ or "", EPILOG)


if __name__ == "__main__":
    if sys.version_info < OLDEST_PYTHON:
        sys.exit("observe: needs Python 3.11 or newer")
    # Nothing is written into the pack's folder, nor by what is started.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.exit(main())

# This folder holds modules with names that a service may well use. So it goes to the end of the
# path, where it hides none; a module of the service's that is called ``observe`` is hidden all the
# same.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _FOLDER]
sys.path += [str(_FOLDER / "pytest_plugin"), str(_FOLDER)]

from async_db_observe import (
    pytest_addoption,
    pytest_configure,
    pytest_load_initial_conftests,
)

__all__ = ["main", "pytest_addoption", "pytest_configure", "pytest_load_initial_conftests"]
