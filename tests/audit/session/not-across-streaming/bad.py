from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

app = FastAPI()


async def get_session(): ...


async def rows(session: AsyncSession):
    yield ""


@app.get("/a")
async def closed(session: Annotated[AsyncSession, Depends(get_session, scope="function")]):
    return StreamingResponse(rows(session))  # expect: proven


@app.get("/b")
async def held(session: Annotated[AsyncSession, Depends(get_session)]):
    return StreamingResponse(content=rows(session))  # expect: suspected


@app.get("/c")
async def nested(session: Annotated[AsyncSession, Depends(get_session, scope="function")]):
    async def body():
        yield await session.scalar(select(1))

    return StreamingResponse(body())  # expect: proven
