from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine as make

engine = make("postgresql+asyncpg://db/app")  # expect: proven


def build():
    return create_engine("sqlite://")


old = build()  # expect: proven


class Database:
    engine = create_engine("sqlite://")  # expect: proven


app = FastAPI()
