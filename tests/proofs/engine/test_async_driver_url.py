import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text

from app.database.engine import open_database
from app.settings import Settings
from async_db.watching import describe_error


@pytest.mark.rule("engine/async-driver-url")
async def test_urls_as_deployments_write_them_connect(database_url: str, backend: str) -> None:
    written = make_url(database_url)
    urls = {
        "sqlite": [written.set(drivername="sqlite")],
        "postgresql": [
            written.set(drivername="postgresql"),
            written.set(drivername="postgres"),
            written.update_query_dict({"sslmode": "disable"}),
        ],
    }[backend]

    answers = [await connect(url.render_as_string(hide_password=False)) for url in urls]

    assert answers == ["connected"] * len(urls), "; ".join(answers)


async def connect(url: str) -> str:
    try:
        async with (
            open_database(Settings(database_url=SecretStr(url))) as database,
            database.engine.connect() as connection,
        ):
            await connection.execute(text("select 1"))
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what the rule speaks of)
        return describe_error(error)
    return "connected"
