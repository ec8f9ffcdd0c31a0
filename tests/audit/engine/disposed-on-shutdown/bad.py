from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine


def create_app():
    app = FastAPI()
    app.state.engine = create_async_engine("sqlite+aiosqlite://")  # expect: proven
    return app
