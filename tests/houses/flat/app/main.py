from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import get_db
from app.models import Order

app = FastAPI(title="flat")


@app.post("/orders", status_code=201)
def create_order(title: str, db: Annotated[Session, Depends(get_db)]) -> dict[str, int]:
    order = Order(title=title)
    db.add(order)
    db.commit()
    return {"id": order.id}


@app.get("/orders")
def list_orders(db: Annotated[Session, Depends(get_db)]) -> list[str]:
    return list(db.scalars(select(Order.title).order_by(Order.id)))
