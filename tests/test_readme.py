"""README shows what `verify` finds today."""

import os
from pathlib import Path

import pytest

from async_db.evidence import with_table
from async_db.verification import Request, verify


@pytest.mark.postgres
def test_every_rule_is_proved_and_refuted_and_the_table_says_so(root: Path) -> None:
    request = Request(root=root, jobs=os.cpu_count() or 1)

    evidence = verify(request).evidence

    table = evidence.to_table(request.databases)
    assert evidence.good, table
    readme = (root / "README.md").read_text("utf-8")
    assert with_table(readme, table) == readme, "run: uv run scripts/verify.py --update README.md"
