# --- main.py
import asyncio
from functools import partial

import requests
from fastapi import Depends, FastAPI
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session

engine = create_engine("sqlite://")
sessions = async_sessionmaker()
app = FastAPI()


def work(session: Session):
    return session.scalars(select(1))


@app.get("/thread")
def in_a_thread(session: Session = Depends()):
    return work(session)


@app.get("/moved")
async def moved(session: AsyncSession, old: Session):
    await session.run_sync(work)
    await session.run_sync(lambda sync: work(sync))
    await asyncio.to_thread(work, old)
    await run_in_threadpool(partial(work, old))
    old.add(object())
    rows = await session.scalars(select(1))
    return rows.all()


async def defines():
    def later(session: Session):
        return session.commit()

    return later


async def other_sessions():
    session = requests.Session()
    session.get("https://example.org")
    session.close()
