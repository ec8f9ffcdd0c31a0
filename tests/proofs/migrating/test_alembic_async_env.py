import asyncio

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import make_url

from app.database.url import async_url
from async_db.watching import describe_error

pytestmark = pytest.mark.rule("migrating/alembic-async-env")


async def test_migrations_take_the_url_of_the_service(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = async_url(database_url).render_as_string(hide_password=False)

    observed = await upgraded(url.replace("%2F", "/"), monkeypatch)

    assert observed == "upgraded", observed


async def test_a_percent_sign_in_the_url_is_taken_as_it_is(
    database_url: str, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_url(database_url)
    if backend == "sqlite":
        url = url.set(database=f"{url.database}-100%")
    else:
        url = url.set(password="100%")  # noqa: S106 (the server of the proofs trusts everybody)

    observed = await upgraded(url.render_as_string(hide_password=False), monkeypatch)

    assert observed == "upgraded", observed


async def upgraded(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run Alembic on a database, as far as that leaves it as it is."""
    monkeypatch.setenv("DATABASE_URL", url)
    try:
        await asyncio.to_thread(command.upgrade, Config("alembic.ini"), "base")
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what the rule speaks of)
        return describe_error(error)
    return "upgraded"
