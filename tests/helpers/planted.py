"""A service of our own, sound, and the ten flaws that can be planted in it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from async_db.rules import apply_to_tree

FOLDER = Path(__file__).resolve().parents[1] / "planted"


Told = tuple[str, str, int]
"""A rule, a file and a line."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A flaw, as a diff against the sound service.

    Parameters:
        name: of its file.
        rule: the rule that it breaks.
        line: the text of the line at which it is to be told.
        by_tests: whether the service's own tests show it; else it takes a server under load.
        also: rules that are broken in consequence, at whatever lines it comes to that.
        patch: the diff.
    """

    name: str
    rule: str
    line: str
    by_tests: bool
    also: frozenset[str]
    patch: str

    def told_in(self, service: Path) -> Told:
        """Give the rule, the file and the number of the line as which it is to be told."""
        (place,) = (
            (self.rule, path.relative_to(service).as_posix(), number)
            for path in (service / "app").glob("*.py")
            for number, text in enumerate(path.read_text("utf-8").splitlines(), start=1)
            if text.strip() == self.line
        )
        return place


def flaws() -> list[Flaw]:
    """Read all that there are."""
    return [_flaw(path) for path in sorted((FOLDER / "flaws").glob("*.patch"))]


def _flaw(path: Path) -> Flaw:
    text = path.read_text("utf-8")
    head, _, diff = text.partition("\n--- ")
    says = dict(line.split(": ", 1) for line in head.splitlines())
    return Flaw(
        path.stem,
        says["rule"],
        says["line"],
        says["seen"] == "tests",
        frozenset(says.get("also", "").split()),
        f"--- {diff}",
    )


def planted(folder: Path, *with_flaws: Flaw) -> Path:
    """Write the service into a folder, with some flaws or with none, and give its own folder."""
    service = folder / "service"
    shutil.copytree(FOLDER / "service", service, ignore=shutil.ignore_patterns("__pycache__"))
    for flaw in with_flaws:
        apply_to_tree(flaw.patch, service)
    return service
