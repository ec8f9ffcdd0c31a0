"""Every rendering at once: combinations differ in few files, so each text is looked at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from async_db.scaffold import Tree, check_options, plan_writing, render_tree, write
from helpers.rendered import (
    ALL_FEATURES,
    FEATURES,
    LONG,
    MANIFEST,
    SHORT,
    TEMPLATES,
    Options,
    combinations,
)

# Every feature alone with short names, and none and all of them with both.
VARIANTS: tuple[Options, ...] = (
    *({"with": feature, **SHORT} for feature in FEATURES),
    *({"with": features, **names} for features in ("", ALL_FEATURES) for names in (SHORT, LONG)),
)


@dataclass(frozen=True)
class Shelves:
    """Folders, each with one version of every file that has so many, and projects as they are."""

    folder: Path
    options: dict[Path, Options]
    """By the path of a file in the folder, the first options that it is rendered with."""

    def files(self) -> Iterator[tuple[Path, str]]:
        """Give the path, and the text, of every file."""
        for path in self.options:
            yield path, (self.folder / path).read_text("utf-8")

    def whose(self, text: str) -> str:
        """Name the options of all files that a text names."""
        return "\n".join(
            f"{path}: {own}" for path, own in self.options.items() if str(path) in text
        )


def every_tree(*, whole: bool = True) -> Iterator[tuple[Options, Tree]]:
    """Render every variant of every combination, or of each the one with all, without formatting."""
    for combination in combinations():
        for variant in VARIANTS if whole else VARIANTS[-1:]:
            options = combination | variant
            yield (
                options,
                render_tree(TEMPLATES, MANIFEST, check_options(MANIFEST.options, options)),
            )


def shelved(folder: Path, trees: Iterable[tuple[Options, Tree]]) -> Shelves:
    """Write every text that a file has in some of the trees: the n-th of each on shelf n.

    A shelf has the packages that a project has, since where an import belongs depends on them, and
    the settings of one.
    """
    versions: dict[tuple[str, PurePosixPath], dict[str, Options]] = {}
    for options, tree in trees:
        for path, text in tree.items():
            versions.setdefault((options["package"], path), {}).setdefault(text, options)
    shelves: dict[str, Tree] = {}
    origins: dict[Path, Options] = {}
    most = max(map(len, versions.values()))
    for (package, path), texts in versions.items():
        repeated = path.name in {"__init__.py", "pyproject.toml"}
        own = [*texts.items()]
        for number in range(most if repeated else len(own)):
            text, options = own[min(number, len(own) - 1)]
            name = f"{package}-{number}"
            shelves.setdefault(name, {})[path] = text
            if number < len(own):
                origins[Path(name, path)] = options
    for name, tree in shelves.items():
        write(plan_writing(folder / name, tree))
    return Shelves(folder, origins)
