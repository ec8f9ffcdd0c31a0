from fastapi import FastAPI
from sqlalchemy.orm import sessionmaker

app = FastAPI()
sessions = sessionmaker()


def rows():
    yield from ()


def get_session():
    with sessions() as session:
        yield session


@app.get("/rows")
async def read():
    return list(rows()), get_session
