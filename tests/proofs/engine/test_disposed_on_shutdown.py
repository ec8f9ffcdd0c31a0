import pytest
from sqlalchemy import text

from app.database.engine import Database
from app.main import create_app
from app.settings import Settings
from async_db.watching import Recorder, Serve

pytestmark = pytest.mark.rule("engine/disposed-on-shutdown")


def left_open(recorder: Recorder) -> str:
    kinds = [event.kind for event in recorder.events]
    assert "connect" in kinds
    return f"connections left open: {kinds.count('connect') - kinds.count('close')}"


async def test_shutdown_closes_every_connection(serve: Serve) -> None:
    async with serve() as service:
        await service.request("GET", "/orders")

    observed = left_open(service.recorder)
    assert observed == "connections left open: 0", observed


async def test_a_start_that_fails_half_way_closes_them_too(settings: Settings) -> None:
    recorder = Recorder()
    with recorder.listening(), pytest.raises(RuntimeError, match="no cache"):
        await start_half_way(settings)

    observed = left_open(recorder)
    assert observed == "connections left open: 0", observed


async def start_half_way(settings: Settings) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app) as state:
        assert state is not None
        # However it is wired, and whatever it is called there.
        (database,) = (value for value in state.values() if isinstance(value, Database))
        async with database.engine.connect() as connection:
            await connection.execute(text("select 1"))
        raise RuntimeError("no cache")
