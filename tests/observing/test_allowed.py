"""An allowance beside the code is honoured, and told when nothing needs it."""

from pathlib import Path

from helpers.observing import run_pytest, write_project
from helpers.sync_service import SYNC_SERVICE, SYNC_TESTS

ALLOWED = SYNC_SERVICE.replace(
    "        db.commit()",
    "        db.commit()  # async-db: ignore[session/commit-before-response] nobody reads it at once",
).replace(
    "    return db.query(Row).count()",
    "    # async-db: ignore[loading/no-lazy-loads] it once was one\n    return db.query(Row).count()",
)


def test_what_is_allowed_is_not_told(tmp_path: Path) -> None:
    assert ALLOWED.count("async-db: ignore") == 2
    write_project(tmp_path, ALLOWED, SYNC_TESTS)

    done = run_pytest(tmp_path, "-k", "read or rows", "--observe-fail-on=review")

    assert done.returncode == 0, done.stdout
    assert "findings: none" in done.stdout
    assert "allows loading/no-lazy-loads, and nothing needed that in this run." in done.stdout
    assert "allows session/commit-before-response" not in done.stdout
