"""The tree that is shipped, by whatever channel."""

import shutil
import tomllib
from pathlib import Path

WHERE = "tool.hatch.build.targets.wheel.force-include"


def shipped(root: Path) -> list[str]:
    """Name the files and folders that are shipped: of the skill, as the project file has them."""
    found = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    for part in WHERE.split("."):
        found = found[part]
    return [path for path, target in found.items() if str(target).endswith(f"/{path}")]


def ship(root: Path, target: Path) -> Path:
    """Copy the tree, as an installer that copies does."""
    target.mkdir(parents=True)
    for name in shipped(root):
        if (root / name).is_dir():
            shutil.copytree(
                root / name, target / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(root / name, target / name)
    return target
