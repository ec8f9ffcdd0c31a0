# --- app.py
from fastapi import FastAPI

app = FastAPI()
# --- tests/test_it.py
from httpx import ASGITransport

from app import app

transport = ASGITransport(app=app)
