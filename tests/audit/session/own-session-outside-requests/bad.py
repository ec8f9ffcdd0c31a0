from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

app = FastAPI()


def get_session(): ...


class Repository:
    def __init__(self, session: AsyncSession):
        self.session = session


def work(session): ...


@app.post("/")
async def create(tasks: BackgroundTasks, session: Annotated[AsyncSession, Depends(get_session)]):
    tasks.add_task(work, session)  # expect: proven
    tasks.add_task(work, session=session)  # expect: proven
    tasks.add_task(work, Repository(session))  # expect: suspected
