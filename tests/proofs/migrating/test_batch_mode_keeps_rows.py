import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from pydantic import SecretStr
from sqlalchemy import func, select

from app.database.engine import Database, open_database
from app.orders.models import Order, OrderItem
from app.settings import Settings

REVISION = """
from alembic import op

revision = "proof"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("orders", recreate="always"):
        pass
"""


@pytest.mark.rule("migrating/batch-mode-keeps-rows")
async def test_rows_that_refer_to_a_table_made_anew_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'migrated.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    (tmp_path / "proof.py").write_text(REVISION)
    config = Config("alembic.ini")
    config.set_main_option("version_locations", f"migrations/versions:{tmp_path}")
    await asyncio.to_thread(command.upgrade, config, "0001")
    async with open_database(Settings(database_url=SecretStr(url))) as database:
        async with database.sessions.begin() as session:
            session.add(Order(reference="A-1", items=[OrderItem(sku="bolt", quantity=1)]))

        await asyncio.to_thread(command.upgrade, config, "proof")

        observed = f"items left: {await count_items(database)}"
        assert observed == "items left: 1", observed


async def count_items(database: Database) -> int:
    async with database.sessions() as session:
        return await session.scalar(select(func.count()).select_from(OrderItem)) or 0
