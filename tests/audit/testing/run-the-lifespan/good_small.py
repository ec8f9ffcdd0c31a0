# --- app.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app):
    yield


app = FastAPI(lifespan=lifespan)
# --- tests/helpers.py
from starlette.applications import Starlette


def make_health_app():
    return Starlette()
# --- tests/test_health.py
from httpx import ASGITransport, AsyncClient

from tests.helpers import make_health_app


async def test_health():
    app = make_health_app()
    async with AsyncClient(transport=ASGITransport(app=app)) as client:
        assert (await client.get("/")).status_code == 200
