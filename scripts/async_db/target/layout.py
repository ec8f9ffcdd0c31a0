"""Import names: under which names a file of the target can be imported, and which file is meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from async_db.target.structure import Module


def import_names(path: str, packages: Collection[str]) -> tuple[str, ...]:
    """Give the names that a file could be imported by, the most likely one first.

    A file's name starts below a folder that is no package: `src/shop/main.py` is `shop.main` where
    `src/shop` has an `__init__.py`. Where no folder has one, each of them may be the one that
    Python is started in.

    Parameters:
        path: relative to the project, with slashes.
        packages: the folders that have an `__init__.py`.
    """
    *folders, file = path.split("/")
    stem = file.rpartition(".")[0]
    parts = folders if stem == "__init__" else [*folders, stem]
    starts = []
    for start in range(len(parts)):
        above = "/".join(parts[:start])
        if above in packages:
            continue  # what is inside a package is imported through it
        starts.append(start)
    names = [".".join(parts[start:]) for start in starts]
    # A folder that is a package says where names begin; else `src` and the like say it.
    names.sort(key=lambda name: not _starts_at_package(name, parts, packages))
    return tuple(names) or (".".join(parts) or stem,)


def _starts_at_package(name: str, parts: list[str], packages: Collection[str]) -> bool:
    start = len(parts) - name.count(".") - 1
    return "/".join(parts[: start + 1]) in packages


class ModuleIndex:
    """The modules of a project, by the names and the places that imports speak of."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self._by_name: dict[str, list[Module]] = {}
        self._by_place: dict[str, Module] = {}
        self._folders: dict[str, dict[str, Module]] = {}
        """Of names that several modules have, the one that is meant in each folder."""
        self._nearest: dict[tuple[str, str], Module] = {}
        for module in modules:
            for name in module.names:
                self._by_name.setdefault(name, []).append(module)
            place = module.path.rpartition(".")[0]
            self._by_place[place.removesuffix("/__init__")] = module
        self._above = {above for name in self._by_name for above in _all_above(name, ".")}
        self._places_above = {above for place in self._by_place for above in _all_above(place, "/")}

    def find(self, name: str, importer: Module) -> Module | None:
        """Give the module that `import name` means in `importer`: of several, the nearest."""
        if name.startswith("."):
            return self._relative(name, importer)
        found = self._by_name.get(name)
        if not found:
            return None
        if len(found) == 1:
            return found[0]
        where = (name, importer.path.rpartition("/")[0])
        if where not in self._nearest:
            self._nearest[where] = self._nearest_of(name, found, where[1])
        return self._nearest[where]

    def _nearest_of(self, name: str, found: list[Module], folder: str) -> Module:
        """Give the module whose path shares most folders with one, and of these the shortest."""
        if name not in self._folders:
            below: dict[str, list[Module]] = {}
            for module in found:
                for above in ("", *_all_above(module.path, "/")):
                    below.setdefault(above, []).append(module)
            # Of equal ones the first counts.
            self._folders[name] = {
                above: max(modules, key=lambda module: -module.path.count("/"))
                for above, modules in below.items()
            }
        nearest = self._folders[name]
        while folder not in nearest:
            folder = folder.rpartition("/")[0]
        return nearest[folder]

    def has_below(self, name: str, importer: Module) -> bool:
        """Say whether a folder without `__init__.py` is meant, in which modules lie."""
        if name.startswith("."):
            return self._place(name, importer) in self._places_above
        return name in self._above

    def knows(self, name: str) -> bool:
        """Say whether an import name could be of the project, by its first part."""
        first = name.partition(".")[0]
        return not first or first in self._by_name or first in self._above

    def _relative(self, name: str, importer: Module) -> Module | None:
        return self._by_place.get(self._place(name, importer))

    def _place(self, name: str, importer: Module) -> str:
        rest = name.lstrip(".")
        folders = importer.path.split("/")[: -(len(name) - len(rest))]
        return "/".join([*folders, *(rest.split(".") if rest else ())])


def _all_above(name: str, separator: str) -> Iterator[str]:
    """Give what a name is below, the nearest first."""
    while separator in name:
        name = name.rpartition(separator)[0]
        yield name
