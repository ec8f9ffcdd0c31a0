import aiohttp
from fastapi.responses import JSONResponse, StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession


async def proxy(session: aiohttp.ClientSession):
    return StreamingResponse(session.get("https://example.org"))


def plain(session: AsyncSession, rows):
    return JSONResponse(rows(session))
