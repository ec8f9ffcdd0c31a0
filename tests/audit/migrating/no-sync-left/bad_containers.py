import punq
import svcs
from dishka import make_async_container
from fastapi import FastAPI
from sqlalchemy.orm import Session

app = FastAPI()
container = punq.Container()
handed = make_async_container()


class Items:
    def __init__(self, session: Session) -> None:
        self.session = session

    def first(self):
        return self.session.get(object, 1)


@app.get("/punq")
async def by_punq():
    return container.resolve(Items).first()  # expect: proven


@app.get("/svcs")
async def by_svcs(services: svcs.fastapi.DepContainer):
    items = await services.aget(Items)
    return items.first()  # expect: proven


@app.get("/dishka")
async def by_dishka():
    async with handed() as container:
        items = await container.get(Items)
        return items.first()  # expect: proven
