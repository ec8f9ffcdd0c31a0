# --- app.py
import sqlalchemy
# --- tests/test_it.py
from httpx import ASGITransport, AsyncClient


async def test_it(app):
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        await client.get("/")
