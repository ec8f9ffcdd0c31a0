import httpx
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


def get_session():
    with Session() as session:
        yield session


@app.post("/")
async def create(session=Depends(get_session)):
    async with httpx.AsyncClient() as client:
        return client
