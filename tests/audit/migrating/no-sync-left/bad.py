# --- app/__init__.py
# --- app/db.py
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker

engine = create_engine("sqlite://")
SessionLocal = sessionmaker(engine)
Scoped = scoped_session(SessionLocal)


def get_db() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session


@contextmanager
def opened():
    session = SessionLocal()
    yield session
    session.commit()


SessionDep = Annotated["Session", Depends(get_db)]
# --- app/ports.py
from typing import Protocol


class Orders(Protocol):
    def by_number(self, number: int): ...
    def cancel_order(self, number: int): ...
# --- app/repository.py
from sqlalchemy.orm import Session


class SqlOrders:
    def __init__(self, session: Session) -> None:
        self.session = session

    def by_number(self, number: int):
        return self._one(number)

    def cancel_order(self, number: int): ...

    @property
    def size(self) -> int:
        return self.session.query(object).count()

    def _one(self, number):
        return self.session.get(object, number)
# --- app/use.py
from app.ports import Orders


class Show:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def run(self, number: int):
        return self._orders.by_number(number)  # expect: proven
# --- app/main.py
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from . import db as database
from app.db import *
from app.repository import SqlOrders

app = FastAPI()


@app.get("/direct")
async def direct(session: SessionDep):
    session.execute(select(1))  # expect: proven
    return session.query(object).filter().all()  # expect: proven


@app.get("/down")
async def down(session=Depends(get_db)):
    def nested():
        return SqlOrders(session).by_number(1)

    return nested()  # expect: proven


@app.get("/property")
async def reads_property(session: SessionDep):
    return SqlOrders(session).size  # expect: proven


@app.get("/engine")
async def with_engine():
    with database.engine.begin() as connection:  # expect: proven
        connection.execute(select(1))  # expect: proven
    with opened() as session:  # expect: proven
        session.flush()  # expect: proven
    with Session(database.engine) as session, SessionLocal.begin() as other:  # expect: proven
        other.add(session)
    return database.Scoped.scalars(select(1))  # expect: proven


@app.get("/habits")
async def habits(session: AsyncSession):
    session.commit()  # expect: proven
    for row in session.scalars(select(1)):  # expect: proven
        print(row)
    return session.execute(select(1)).all()  # expect: proven


@app.get("/unknown")
async def unknown(request, db):
    return db.query(object)  # expect: suspected
