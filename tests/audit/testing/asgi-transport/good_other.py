# --- app.py
import sqlalchemy
# --- tests/test_it.py
from async_asgi_testclient import AsyncClient


async def test_it(app):
    AsyncClient(app=app)
