from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

app = FastAPI()


@app.get("/")
def read(session: Session):
    session.execute(text("SET LOCAL statement_timeout = 100"))
