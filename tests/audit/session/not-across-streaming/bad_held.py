from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker
from sse_starlette.sse import EventSourceResponse

app = FastAPI()
SessionLocal = sessionmaker(create_engine("sqlite://"))


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


async def events(code: str):
    yield code


def exists(db: Session, code: str) -> bool:
    return db.scalar(select(1)) == 1


@app.get("/{code}/stream")
def stream(code: str, db: Session = Depends(get_db)):
    if exists(db, code):
        return EventSourceResponse(events(code))  # expect: suspected
