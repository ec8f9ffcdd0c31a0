from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from database import Base, SessionLocal, engine
from models import Item

app = FastAPI()


@app.on_event("startup")
def startup() -> None:
    Base.metadata.create_all(engine)


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


@app.get("/items")
def read_items(db: Session = Depends(get_db)) -> list[str]:
    return [str(item.name) for item in db.query(Item).all()]
