"""Whatever it is given, the audit ends, and says what it could not read."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.auditing import (
    PARTS,
    Request,
    Service,
    as_data,
    as_report,
    audit,
    findings_of,
    plan_move,
)
from async_db.auditing.inventory import take_inventory
from async_db.target import read_project

CASES = sorted((Path(__file__).resolve().parent.parent / "audit").glob("*/*/bad.py"))
LINES = sorted({line for case in CASES for line in case.read_text().splitlines() if line.strip()})


@pytest.mark.parametrize("folder", ["asyncio", "unittest", "email", "json"])
def test_foreign_code_is_read_without_a_finding(folder: str) -> None:
    service = Service(read_project(Path(os.__file__).parent / folder))
    assert findings_of(service) == []
    assert plan_move(service).slices == ()
    assert all(section.entries == () for section in take_inventory(service)[:3])


@given(st.lists(st.sampled_from(LINES), max_size=30))
def test_any_lines_of_services_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    """Most are no Python; what is left is nonsense, and must not surprise."""
    folder = tmp_path_factory.mktemp("any")
    (folder / "names.py").write_text("import sqlalchemy\n")
    for number in range(0, len(lines), 3):
        text = "\n".join(line.strip() for line in lines[number : number + 3])
        (folder / f"m{number}.py").write_text(
            text + ("\n    pass\n" if text.endswith(":") else "\n")
        )
    audited = audit(Request(folder, PARTS))
    assert audited.files + audited.irrelevant + len(audited.skipped) == 1 + len(
        range(0, len(lines), 3)
    )
    assert as_report(audited)
    assert as_data(audited)
