import punq
import svcs
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

app = FastAPI()
container = punq.Container()


class Items:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def first(self):
        return await self.session.get(object, 1)


class Settings:
    def get(self, name: str) -> str:
        return name


@app.get("/punq")
async def by_punq():
    return await container.resolve(Items).first()


@app.get("/svcs")
async def by_svcs(services: svcs.fastapi.DepContainer):
    session, items = await services.aget(Session, Items)
    return session, items, Settings().get("name")


@app.get("/factory")
def by_factory():
    return container.resolve(Session).get(object, 1)
