import asyncio

from sqlalchemy import select
from sqlalchemy.orm import Session


def title(session: Session) -> str:
    return session.scalar(select(1))


async def send(text): ...


async def all(session: Session):
    await asyncio.gather(send(title(session)), send(title(session)))
