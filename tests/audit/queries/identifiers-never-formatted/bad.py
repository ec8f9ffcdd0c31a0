from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.orm import Session

app = FastAPI()


@app.get("/")
def read(session: Session, sort: str = "id"):
    session.execute(select(1).order_by(text(sort)))  # expect: proven
    session.execute(text(f"select * from orders order by {sort}"))  # expect: proven


def run(session: Session, sql: str, table):
    session.execute(text(sql))  # expect: suspected
    session.execute(text(f"truncate {table}"))  # expect: suspected
