# --- app.py
from fastapi import FastAPI

app = FastAPI(lifespan=print)
# --- tests/test_it.py
from asgi_lifespan import LifespanManager
from httpx import ASGITransport, AsyncClient

from app import app


async def test_it():
    async with LifespanManager(app) as manager:
        AsyncClient(transport=ASGITransport(app=manager.app))
