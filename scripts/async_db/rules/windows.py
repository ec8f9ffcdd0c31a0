"""The window of a rule: the releases that it holds for. Standard library only."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparator:
    """One bound on a version, such as `>= 0.121`."""

    operator: str
    version: str

    def holds(self, version: str) -> bool:
        """Say whether `version` is inside this bound.

        Raises:
            ValueError: `version` does not start with a number.
        """
        installed, bound = _release(version), _release(self.version)
        match self.operator:
            case ">=":
                return installed >= bound
            case "<=":
                return installed <= bound
            case ">":
                return installed > bound
            case "<":
                return installed < bound
            case "==":
                return installed == bound
            case _:
                return installed != bound

    def __str__(self) -> str:
        return f"{self.operator} {self.version}"


@dataclass(frozen=True)
class Requirement:
    """The releases of one project that a rule holds for; all comparators must hold."""

    project: str
    comparators: tuple[Comparator, ...]

    @property
    def distribution(self) -> str:
        """The project's normalised name, as package indexes and evidence spell it."""
        return re.sub(r"[-_.]+", "-", self.project).lower()

    def holds(self, version: str) -> bool:
        """Say whether the rule holds for release `version` of the project.

        Raises:
            ValueError: `version` does not start with a number.
        """
        return all(comparator.holds(version) for comparator in self.comparators)

    def __str__(self) -> str:
        return f"{self.project} {', '.join(map(str, self.comparators))}"


def _release(version: str) -> tuple[int, ...]:
    """Give the numbers that a version starts with, without zeros at their end."""
    found = re.match(r"\d+(?:\.\d+)*", version.strip())
    if found is None:
        raise ValueError(f"not a version: {version!r}")
    numbers = [int(number) for number in found[0].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
