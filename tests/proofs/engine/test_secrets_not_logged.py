import pytest
from pydantic import ValidationError
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from app.database.engine import open_database
from app.settings import Settings

pytestmark = pytest.mark.rule("engine/secrets-not-logged")


def test_settings_do_not_print_the_password() -> None:
    url = URL.create("postgresql", "app", "hush", "db", database="app")
    told = url.render_as_string(hide_password=False)
    settings = Settings.model_validate({"database_url": told})

    observed = next(part for part in str(settings).split() if part.startswith("database_url="))
    assert observed == "database_url=SecretStr('**********')", observed


def test_an_error_in_the_settings_does_not_print_them() -> None:
    with pytest.raises(ValidationError) as failure:
        Settings.model_validate({"database_pool_size": "hush"})

    printed = "all that was given" if "hush" in str(failure.value) else "no value"
    assert printed == "no value", f"a wrong setting prints {printed}"


async def test_an_error_does_not_print_what_users_sent(database_url: str) -> None:
    settings = Settings.model_validate({"database_url": database_url})
    async with open_database(settings) as database, database.engine.connect() as connection:
        with pytest.raises(DBAPIError) as failure:
            await connection.execute(text("select :secret from nowhere"), {"secret": "hush"})

    observed = str(failure.value).splitlines()[2]
    assert observed == "[SQL parameters hidden due to hide_parameters=True]", observed
