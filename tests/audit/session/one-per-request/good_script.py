# --- app/main.py
from fastapi import FastAPI

app = FastAPI()
# --- app/database.py
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite://"))


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
# --- seed.py
from app.database import SessionLocal

db = SessionLocal()
db.commit()
