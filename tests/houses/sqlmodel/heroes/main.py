from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlmodel import SQLModel, select

from heroes.database import SessionDep, engine
from heroes.models import Hero, HeroCreate


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/heroes")
def create_hero(body: HeroCreate, session: SessionDep) -> Hero:
    hero = Hero.model_validate(body)
    session.add(hero)
    session.commit()
    session.refresh(hero)
    return hero


@app.get("/heroes")
def read_heroes(session: SessionDep) -> list[Hero]:
    return list(session.exec(select(Hero)))
