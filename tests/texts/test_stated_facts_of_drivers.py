"""What the references state of asyncpg beside psycopg, and of values, and the releases still do."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
import pytest_asyncio
from pydantic import AwareDatetime, TypeAdapter, ValidationError
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Engine,
    all_,
    create_engine,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from helpers.engines import asyncpg_engine
from helpers.written_models import Base, Customer

TABLE = "create table t (i int, s text, d date, at timestamp, zoned timestamptz, lasts interval)"
NOON = datetime(2026, 1, 1, 12)
REFUSED = {
    "a text for a number": ("insert into t (i) values (:x)", "1"),
    "a text for a date": ("insert into t (d) values (:x)", "2026-01-01"),
    "a text for a time": ("insert into t (zoned) values (:x)", "2026-01-01"),
    "a text for an interval": ("insert into t (lasts) values (:x)", "1 day"),
    "a number for a text": ("insert into t (s) values (:x)", 1),
    "a date for a text": ("insert into t (s) values (:x)", date(2026, 1, 1)),
    "a UUID for a text": ("insert into t (s) values (:x)", UUID(int=1)),
    "a number that is appended": ("select :x || 'a'", 1),
    "an aware time": ("insert into t (at) values (:x)", NOON.replace(tzinfo=UTC)),
}
PASSED = {
    "a float for an int": ("insert into t (i) values (:x)", 1.0),
    "a date for a time": ("insert into t (at) values (:x)", date(2026, 1, 1)),
    "a type that is said": ("select 1 from t where cast(:x as int) is null or i = :x", 1),
}


@pytest_asyncio.fixture
async def asyncpg(new_url: str) -> AsyncIterator[AsyncEngine]:
    async with asyncpg_engine(new_url) as engine:
        async with engine.begin() as connection:
            await connection.execute(text(TABLE))
        yield engine


@pytest.fixture
def psycopg(new_url: str) -> Iterator[Engine]:
    engine = create_engine(new_url.replace("postgresql:", "postgresql+psycopg:", 1))
    yield engine
    engine.dispose()


@pytest.fixture
def _five_hours_behind() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "XYZ+5")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.postgres
@pytest.mark.asyncio
async def test_what_asyncpg_refuses_and_psycopg_lets_pass(
    asyncpg: AsyncEngine, psycopg: Engine
) -> None:
    for name, (statement, value) in (REFUSED | PASSED).items():
        with psycopg.begin() as connection:
            connection.execute(text(statement), {"x": value})
        said = ""
        try:
            async with asyncpg.begin() as own:
                await own.execute(text(statement), {"x": value})
        except DBAPIError as error:
            said = str(error.orig)
        assert ("invalid input for query argument" in said) == (name in REFUSED), (name, said)


@pytest.mark.postgres
@pytest.mark.asyncio
async def test_a_parameter_of_no_type(asyncpg: AsyncEngine, psycopg: Engine) -> None:
    statement = text("select 1 from t where :x is null or i = :x")
    with psycopg.begin() as connection:
        connection.execute(statement, {"x": 1})
    with pytest.raises(DBAPIError, match="could not determine data type"):
        async with asyncpg.begin() as own:
            await own.execute(statement, {"x": 1})


@pytest.mark.postgres
@pytest.mark.asyncio
@pytest.mark.usefixtures("_five_hours_behind")
async def test_whose_zone_a_naive_time_has(asyncpg: AsyncEngine, psycopg: Engine) -> None:
    statement = text("insert into t (zoned) values (:x) returning zoned at time zone 'UTC'")
    with psycopg.begin() as connection:
        connection.execute(text("set time zone 'XYZ+2'"))
        assert connection.scalar(statement, {"x": NOON}) == NOON.replace(hour=14)
    async with asyncpg.begin() as own:
        assert await own.scalar(statement, {"x": NOON}) == NOON.replace(hour=17)
        midnight = await own.scalar(statement, {"x": NOON.date()})
        assert midnight == NOON.replace(hour=5)


@pytest.mark.postgres
@pytest.mark.parametrize(("using", "hour"), [("", 14), (" using at at time zone 'UTC'", 12)])
def test_a_column_is_made_aware(psycopg: Engine, using: str, hour: int) -> None:
    with psycopg.begin() as connection:
        connection.execute(text("set time zone 'XYZ+2'"))
        connection.execute(text("create table made (at timestamp)"))
        connection.execute(text("insert into made values (:at)"), {"at": NOON})
        connection.execute(text(f"alter table made alter at type timestamptz{using}"))
        stored = connection.scalar(text("select at at time zone 'UTC' from made"))
        assert stored == NOON.replace(hour=hour)


def test_a_client_says_the_zone() -> None:
    aware = TypeAdapter(AwareDatetime)
    assert aware.validate_python("2026-01-01T12:00:00Z") == NOON.replace(tzinfo=UTC)
    with pytest.raises(ValidationError):
        aware.validate_python("2026-01-01T12:00:00")


@pytest.mark.postgres
@pytest.mark.asyncio
async def test_rows_are_cut_into_statements_and_lists_are_one_parameter(new_url: str) -> None:
    rows = [{"name": "a", "note": "b"}] * 16_384  # as many values as are too many
    skipping = insert(Customer).on_conflict_do_nothing().returning(Customer.id)
    others = literal([1, *range(-32_768, 0)], ARRAY(BigInteger))
    async with asyncpg_engine(new_url) as engine, engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        with pytest.raises(DBAPIError, match="number of query arguments cannot exceed 32767"):
            await connection.execute(insert(Customer).values(rows))
        assert len((await connection.scalars(skipping, rows)).all()) == len(rows)
        none_of_them = select(func.count()).where(Customer.id != all_(others))
        assert await connection.scalar(none_of_them) == len(rows) - 1
