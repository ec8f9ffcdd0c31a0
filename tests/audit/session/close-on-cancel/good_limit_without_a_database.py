import asyncio

from fastapi import FastAPI, Request

app = FastAPI()


@app.middleware("http")
async def limited(request: Request, call_next):
    return await asyncio.wait_for(call_next(request), timeout=5)
