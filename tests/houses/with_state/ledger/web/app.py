from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.infrastructure.db.engine import make_engine
from ledger.infrastructure.settings import load_settings


class State(TypedDict):
    engine: AsyncEngine


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[State]:
    engine = make_engine(load_settings())
    try:
        yield {"engine": engine}
    finally:
        await engine.dispose()


def create_app() -> FastAPI:
    app = FastAPI(lifespan=lifespan)

    @app.get("/dialect")
    async def dialect(request: Request) -> str:
        return str(request.state.engine.dialect.name)

    return app
