import httpx
from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import async_sessionmaker

app = FastAPI()


@app.middleware("http")
async def client(request: Request, call_next):
    async with httpx.AsyncClient() as session:
        request.state.client = session
        return await call_next(request)
