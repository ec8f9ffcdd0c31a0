# --- app.py
import sqlalchemy
# --- tests/test_it.py
from httpx import AsyncClient


async def test_it(app):
    async with AsyncClient(app=app, base_url="http://test") as client:  # expect: proven
        await client.get("/")
