# --- app.py
from fastapi import FastAPI

app = FastAPI(lifespan=print)
# --- tests/test_it.py
from httpx import ASGITransport, AsyncClient

from app import app


async def test_it():
    AsyncClient(transport=ASGITransport(app=app))  # expect: suspected
