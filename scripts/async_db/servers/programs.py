"""The programs that a machine with Python and pip may lack, and the lines that install them."""

import os
import shutil
from dataclasses import dataclass

HIDDEN = "ASYNC_DB_WITHOUT_PROGRAMS"
"""The environment variable that names programs, separated by commas, to treat as not installed:
it shows what happens on a machine without them."""

NOT_RUN = "not run: "
"""How the reason begins for which something is left out where a program is missing."""


@dataclass(frozen=True)
class Program:
    """A program that is not installed by pip.

    Parameters:
        name: the name that it is spoken of by.
        executables: the names of its file, the best first.
        package: what Debian installs it with.
        folders: where it is besides the folders on the path.
    """

    name: str
    executables: tuple[str, ...]
    package: str
    folders: tuple[str, ...] = ()

    def find(self) -> str | None:
        """Give the path of the program, or None where it is not installed."""
        if self.name in os.environ.get(HIDDEN, "").split(","):
            return None
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), *self.folders])
        found = (shutil.which(name, path=path) for name in self.executables)
        return next(filter(None, found), None)

    @property
    def missing(self) -> str:
        """That it is not installed, and the line that installs it."""
        return f"{self.name} is not installed: sudo apt-get install -y {self.package}"


PGBOUNCER = Program(
    "pgbouncer",
    ("pgbouncer",),
    "pgbouncer",
    # The path of an ordinary user often has no `sbin`.
    ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"),
)
CHROMIUM = Program(
    "chromium",
    ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    "chromium",
)
GIT = Program("git", ("git",), "git")
