from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine


class Database:
    def __init__(self, url: str) -> None:
        self.engine = create_async_engine(url)


def create_app(url: str) -> FastAPI:
    app = FastAPI()
    app.state.database = Database(url)
    return app
