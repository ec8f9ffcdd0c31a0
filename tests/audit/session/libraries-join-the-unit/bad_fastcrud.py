from fastapi import Depends, FastAPI
from fastcrud import FastCRUD
from models import Item
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

app = FastAPI()
sessions = async_sessionmaker()
items = FastCRUD(Item)


async def get_session():
    async with sessions.begin() as session:
        yield session


@app.post("/items")
async def create(body: dict, db: AsyncSession = Depends(get_session)):
    return await items.create(db, body)  # expect: proven


@app.put("/items")
async def update(body: dict, db: AsyncSession = Depends(get_session)):
    await items.update(db, body, commit=True)  # expect: proven
