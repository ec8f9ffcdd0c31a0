from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

sessions = sessionmaker()


@asynccontextmanager
async def lifespan(app: FastAPI):
    with sessions() as session:
        session.execute(text("create extension if not exists pg_trgm"))  # expect: review
    yield


def get_session():
    with sessions() as session:
        yield session
        session.commit()


def first(session: Session):
    return session.get(object, 1)


app = FastAPI(lifespan=lifespan)


@app.middleware("http")
async def who(request, call_next):
    session = next(get_session())  # expect: suspected
    request.state.user = first(session)  # expect: proven
    return await call_next(request)
