import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.database.base import Base
from app.database.engine import Database

MIGRATE = """
from alembic import command
from alembic.config import Config

config = Config("alembic.ini")
config.set_section_option("post_write_hooks", "hooks", "")
command.upgrade(config, "head")
command.revision(config, "a note is written once", autogenerate=True)
for step in ("upgrade", "downgrade"):
    try:
        getattr(command, step)(config, {"upgrade": "head", "downgrade": "-1"}[step])
    except Exception as error:
        print(f"{step}: {type(error).__name__}: {error}")
        break
else:
    print("upgraded and downgraded")
"""


@pytest.fixture
async def empty(real_database: Database) -> AsyncIterator[None]:
    """The database without its tables, which later proofs get back."""
    async with real_database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
    yield
    async with real_database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        await connection.run_sync(Base.metadata.create_all)


@pytest.mark.rule("migrating/name-every-constraint")
@pytest.mark.usefixtures("empty")
async def test_a_constraint_that_is_added_can_be_dropped(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    shutil.copytree(".", project)
    models = project / "app/orders/models.py"
    note = "note: Mapped[str | None]"
    models.write_text(models.read_text().replace(note, f"{note} = mapped_column(unique=True)"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("PYTHONPATH", str(project))

    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MIGRATE), cwd=project, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()

    observed = output.decode().splitlines()[-1]
    assert observed == "upgraded and downgraded", observed
