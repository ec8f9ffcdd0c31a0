from fastapi import FastAPI
from sqlalchemy import create_engine


def migrate():
    return create_engine("sqlite://")


def create_app():
    engine = create_engine("sqlite://")
    app = FastAPI()

    @app.get("/")
    def read():
        return engine.url

    return app
