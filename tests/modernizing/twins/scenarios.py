"""The sync twins: where each comes from, and what it is asked."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from helpers.sync_service import SYNC_SERVICE, SYNC_TESTS

Request = tuple[str, str, object]
_ROWS_MADE = "app = FastAPI()"
_AS_SERVED = """
@asynccontextmanager
async def lifespan(app):
    Base.metadata.create_all(engine)
    yield


app = FastAPI(lifespan=lifespan)
"""
_ENGINE = (
    'engine = create_engine(f"sqlite:///{worker}.db", connect_args={"check_same_thread": False})'
)


@dataclass(frozen=True)
class Twin:
    """A sync service.

    Parameters:
        app: its application, `module:name`.
        requests: what it is asked, in turn: method, path and the body as JSON.
        write: writes it into a folder.
        outcome: how its own tests end, before and after.
    """

    app: str
    requests: tuple[Request, ...]
    write: Callable[[Path], object]
    outcome: str


def _write_lending(folder: Path) -> None:
    shutil.copytree(Path(__file__).with_name("lending"), folder, dirs_exist_ok=True)


def _write_rows(folder: Path) -> None:
    service = SYNC_SERVICE.replace(_ROWS_MADE, _AS_SERVED).replace(
        _ENGINE, 'engine = create_engine(os.environ["DATABASE_URL"])'
    )
    head = "from contextlib import asynccontextmanager\n"
    (folder / "service.py").write_text(head + service)
    (folder / "test_service.py").write_text(SYNC_TESTS)


def _loan(member: int, tool: int, since: str, days: int) -> dict[str, object]:
    return {"member_id": member, "tool_id": tool, "since": since, "days": days}


TWINS = {
    "lending": Twin(
        "lending.main:app",
        (
            ("GET", "/health", None),
            ("POST", "/members", {"name": "Ada", "email": "ada@example.org"}),
            ("POST", "/members", {"name": "Bo", "email": "bo@example.org"}),
            ("POST", "/members", {"name": "Ada", "email": "ada@example.org"}),
            ("POST", "/members", {"name": ""}),
            ("POST", "/tools", {"name": "Saw", "shelf": "A1"}),
            ("POST", "/tools", {"name": "Drill", "shelf": "A1"}),
            ("POST", "/tools", {"name": "Säge é", "shelf": "B2"}),
            ("POST", "/tools", {"name": "Vice", "shelf": "nowhere"}),
            ("GET", "/tools", None),
            ("GET", "/tools?q=s%C3%A4&limit=1", None),
            ("GET", "/tools?limit=1000", None),
            ("GET", "/tools/shelves", None),
            ("POST", "/loans", _loan(1, 1, "2026-01-05", 3)),
            ("POST", "/loans", _loan(2, 1, "2026-01-06", 3)),
            ("POST", "/loans", _loan(2, 3, "2026-01-06", 90)),
            ("POST", "/loans", _loan(9, 1, "2026-01-06", 3)),
            ("POST", "/loans", _loan(1, 9, "2026-01-06", 3)),
            ("GET", "/members/1", None),
            ("GET", "/members/9", None),
            ("GET", "/loans/late?day=2026-02-01", None),
            ("DELETE", "/members/1", None),
            ("POST", "/loans/1/return?day=2026-01-07", None),
            ("POST", "/loans/1/return?day=2026-01-08", None),
            ("POST", "/loans/7/return?day=2026-01-08", None),
            ("DELETE", "/members/1", None),
            ("DELETE", "/members/1", None),
            ("POST", "/tools/shelves/A1/broken", None),
            ("POST", "/loans", _loan(2, 2, "2026-01-06", 3)),
            ("GET", "/members/2", None),
            ("GET", "/tools", None),
        ),
        _write_lending,
        "18 passed",
    ),
    "rows": Twin(
        "service:app",
        (
            ("GET", "/rows", None),
            ("POST", "/rows", None),
            ("POST", "/forgotten", None),
            ("POST", "/audited", None),
            ("POST", "/nowhere", None),
            ("POST", "/rows", None),
            ("GET", "/rows", None),
        ),
        _write_rows,
        "1 failed, 4 passed, 1 skipped",
    ),
}
