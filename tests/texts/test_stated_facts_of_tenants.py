"""What references/tenancy.md states of row-level security, and PostgreSQL still does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from async_db.servers import ThrowawayPostgres
from helpers.engines import asyncpg_engine

pytestmark = [pytest.mark.postgres, pytest.mark.asyncio]
SETTING = "current_setting('app.tenant', true)"
STRICT = f"nullif({SETTING}, '')"
TABLES = (
    "drop owned by service, owner",
    "create table notes (tenant text not null, number int, unique (number))",
    "insert into notes values ('a', 1), ('b', 2), ('b', 3)",
    "alter table notes owner to owner",
    "grant all on notes to service",
    "alter table notes enable row level security",
)
ENTER = text("select set_config('app.tenant', :tenant, true)")
NOTES = "select number from notes order by number"


@dataclass(frozen=True)
class Roles:
    """The same database for each: the service has one connection."""

    superuser: AsyncEngine
    owner: AsyncEngine
    service: AsyncEngine

    async def policy(self, tenant: str) -> None:
        await run(self.superuser, f"create policy own on notes using (tenant = {tenant})")


async def run(engine: AsyncEngine, statement: str, tenant: str | None = None) -> list[object] | str:
    """Give the first column, or the error's SQLSTATE."""
    try:
        async with engine.begin() as connection:
            if tenant is not None:
                await connection.execute(ENTER, {"tenant": tenant})
            result = await connection.execute(text(statement))
            return list(result.scalars()) if result.returns_rows else []
    except DBAPIError as error:
        return str(getattr(error.orig, "sqlstate", None))


@pytest_asyncio.fixture
async def roles(server: ThrowawayPostgres, new_url: str) -> AsyncIterator[Roles]:
    urls = {name: make_url(new_url).set(username=name) for name in ("owner", "service")}
    texts = [url.render_as_string(hide_password=False) for url in urls.values()]
    async with (
        asyncpg_engine(new_url) as superuser,
        asyncpg_engine(texts[0], pool_size=1, max_overflow=0) as owner,
        asyncpg_engine(texts[1], pool_size=1, max_overflow=0) as service,
    ):
        for role in urls:
            known = f"select 1 from pg_roles where rolname = '{role}'"  # noqa: S608 - our own names
            if not await run(superuser, known):
                await run(superuser, f"create role {role} login")
        for statement in TABLES:
            assert await run(superuser, statement) == []
        yield Roles(superuser, owner, service)


async def test_a_tenant_has_its_own_rows(roles: Roles) -> None:
    await roles.policy(STRICT)
    assert await run(roles.service, NOTES) == []
    assert await run(roles.service, NOTES, "b") == [2, 3]
    assert await run(roles.service, NOTES) == []
    assert await run(roles.service, "insert into notes values ('a', 4)", "b") == "42501"
    assert await run(roles.service, "update notes set tenant = 'a'", "b") == "42501"
    assert await run(roles.service, "insert into notes values ('', 4)") == "42501"


async def test_a_setting_that_was_set_is_an_empty_text(roles: Roles) -> None:
    await roles.policy(SETTING)
    assert await run(roles.service, "insert into notes values ('', 4)") == "42501"
    assert await run(roles.service, NOTES, "a") == [1]
    assert await run(roles.service, "insert into notes values ('', 4)") == []
    assert await run(roles.service, NOTES) == [4]


async def test_a_setting_that_must_be_there_is_missed_once(roles: Roles) -> None:
    await roles.policy("current_setting('app.tenant')")
    assert await run(roles.service, NOTES) == "42704"
    assert await run(roles.service, NOTES, "a") == [1]
    assert await run(roles.service, NOTES) == []


async def test_who_sees_all(roles: Roles) -> None:
    await roles.policy(STRICT)
    assert await run(roles.owner, NOTES, "a") == [1, 2, 3]
    await run(roles.superuser, "alter table notes force row level security")
    assert await run(roles.owner, NOTES, "a") == [1]
    assert await run(roles.superuser, NOTES, "a") == [1, 2, 3]


async def test_what_a_policy_does_not_cover(roles: Roles) -> None:
    await roles.policy(STRICT)
    assert await run(roles.service, "insert into notes values ('a', 2)", "a") == "23505"
    await run(roles.superuser, f"create view seen as {NOTES}")
    await run(roles.superuser, f"create view invoked with (security_invoker) as {NOTES}")
    await run(roles.superuser, "grant select on seen, invoked to service")
    assert await run(roles.service, "select number from seen", "a") == [1, 2, 3]
    assert await run(roles.service, "select number from invoked", "a") == [1]
    assert await run(roles.service, "truncate notes", "a") == []
    assert await run(roles.superuser, NOTES) == []


async def test_autocommit_has_no_tenant(roles: Roles) -> None:
    await roles.policy(STRICT)
    engine = roles.service.execution_options(isolation_level="AUTOCOMMIT")
    assert await run(engine, NOTES, "a") == []
