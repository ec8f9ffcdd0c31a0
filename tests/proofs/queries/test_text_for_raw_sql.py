from collections.abc import Sequence

import pytest
from sqlalchemy import String, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.engine import Database
from async_db.watching import Service


async def notes_of(session: AsyncSession, references: list[str]) -> Sequence[str]:
    statement = text("select note from orders where reference in :references order by id")
    statement = statement.bindparams(bindparam("references", type_=String, expanding=True))
    rows = await session.execute(statement, {"references": references})
    return [note for (note,) in rows]


@pytest.mark.rule("queries/text-for-raw-sql")
async def test_what_is_executed_is_a_statement(service: Service, real_database: Database) -> None:
    exchange = await service.request("GET", "/health/ready")

    observed = f"{exchange.status}, raised: {exchange.error!r}"
    assert observed == "204, raised: None", observed
    for reference in ("A-1", "A-2", "A-3"):
        body = {"reference": reference, "note": f"of {reference}"}
        await service.request("POST", "/orders", body)
    async with real_database.sessions() as session:
        assert await notes_of(session, ["A-3", "A-1"]) == ["of A-1", "of A-3"]
        assert await notes_of(session, []) == []
        connection = await session.connection()
        assert (await connection.exec_driver_sql("select ' :b'")).scalar_one() == " :b"
