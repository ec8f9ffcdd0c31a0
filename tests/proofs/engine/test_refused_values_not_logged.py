import traceback

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.database.engine import open_database
from app.settings import Settings


@pytest.mark.rule("engine/refused-values-not-logged")
async def test_a_traceback_does_not_print_what_the_driver_refused(settings: Settings) -> None:
    async with open_database(settings) as database, database.engine.connect() as connection:
        with pytest.raises(DBAPIError) as failure:
            await connection.execute(text("select cast(:secret as integer)"), {"secret": "hush"})

    printed = traceback.format_exception(failure.value)
    lines = [line.strip() for each in printed for line in each.splitlines()]
    told = {line.partition("argument ")[2] for line in lines if "invalid input" in line}
    observed = f"argument {', '.join(sorted(told))}"
    assert observed == "argument $1: hidden", observed
    assert not [line for line in lines if "hush" in line and '{"secret": "hush"}' not in line]
