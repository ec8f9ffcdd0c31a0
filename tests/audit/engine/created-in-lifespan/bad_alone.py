# --- app/main.py
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

from app.database import sessions


def create_app() -> FastAPI:
    engine = create_async_engine("sqlite+aiosqlite://")
    app = FastAPI()
    app.state.engine = engine
    return app
# --- app/database.py
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine


def make_sessions():
    return async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


sessions = make_sessions()  # expect: proven
# --- app/asgi.py
from app.main import create_app

app = create_app()  # expect: review
# --- app/reset_database.py
from sqlalchemy import create_engine

engine = create_engine("sqlite://")  # expect: review
