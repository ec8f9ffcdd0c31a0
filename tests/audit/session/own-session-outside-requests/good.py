from fastapi import BackgroundTasks, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

app = FastAPI()
sessions = async_sessionmaker()


async def work(factory, id_): ...


@app.post("/")
async def create(tasks: BackgroundTasks, session: AsyncSession):
    tasks.add_task(work, sessions, 1)
