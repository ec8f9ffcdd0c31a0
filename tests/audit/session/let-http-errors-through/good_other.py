from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


def get_client():
    try:
        yield open("file")
    except Exception:
        raise RuntimeError from None


def get_session():
    session = Session()
    try:
        session.begin()
    except Exception as error:
        raise RuntimeError from error
    yield session
    session.close()


@app.get("/")
def read(a=Depends(get_client), b=Depends(get_session)): ...
