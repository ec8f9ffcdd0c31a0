from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from fastapi import Depends, FastAPI
from fastapi_crudrouter import SQLAlchemyCRUDRouter
from models import Item, ItemSchema
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import sessionmaker
from sqlalchemy_crud_plus import CRUDPlus

app = FastAPI()
sessions = async_sessionmaker()
plain_sessions = sessionmaker()
items = CRUDPlus(Item)


class Items(SQLAlchemyAsyncRepository[Item]):
    model_type = Item


async def get_session():
    async with sessions.begin() as session:
        yield session


def get_plain_session():
    with plain_sessions.begin() as session:
        yield session


@app.post("/items")
async def create(body: dict, db: AsyncSession = Depends(get_session)):
    return await items.create_model(db, body, commit=True)  # expect: proven


@app.put("/items")
async def update(body: dict, db: AsyncSession = Depends(get_session)):
    await Items(session=db, auto_commit=True).update(Item(**body))  # expect: proven


app.include_router(SQLAlchemyCRUDRouter(schema=ItemSchema, db_model=Item, db=get_plain_session))  # expect: proven
