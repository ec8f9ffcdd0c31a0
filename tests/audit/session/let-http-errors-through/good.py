from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

app = FastAPI()


def raising():
    with Session() as session:
        try:
            yield session
        except Exception as error:
            session.rollback()
            raise error


def passing_http_on():
    with Session() as session:
        try:
            yield session
        except HTTPException:
            raise
        except Exception as error:
            raise RuntimeError("database") from error


def narrow():
    with Session() as session:
        try:
            yield session
        except IntegrityError as error:
            raise HTTPException(409) from error


@app.get("/")
def read(a=Depends(raising), b=Depends(passing_http_on), c=Depends(narrow)): ...
