"""Proofs are strictly typed where they run: inside the project that they are about."""

import os
import shutil
from pathlib import Path

import pytest

from async_db.rules import Rule
from helpers.rendered import check_types, written


@pytest.mark.exhaustive
def test_proofs_are_strictly_typed(
    root: Path, rules: tuple[Rule, ...], tmp_path: Path, types_cache: Path
) -> None:
    packages = ("--explicit-package-bases", "--namespace-packages")
    proofs = root / "tests/proofs"
    for options in {frozenset(rule.options.items()) for rule in rules}:
        folder = tmp_path / "-".join(["project", *sorted(map("-".join, options))])
        project = written(folder, **dict(options))
        own = [rule for rule in rules if frozenset(rule.options.items()) == options]
        folders = {(root / rule.proof).parent for rule in own}
        beside = {path for folder in folders for path in folder.glob("*.py")} - set(
            proofs.glob("*/test_*.py")
        )
        for part in {proofs / "conftest.py", *beside, *(root / rule.proof for rule in own)}:
            copy = project / "proofs" / part.relative_to(proofs)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(part, copy)
        # What is beside a proof is imported as pytest does it: from the proof's own folder.
        copies = [str(project / "proofs" / folder.name) for folder in sorted(folders)]
        path = os.pathsep.join([*copies, str(project), str(root / "scripts")])
        check_types(project, types_cache, *packages, "proofs", MYPYPATH=path)
