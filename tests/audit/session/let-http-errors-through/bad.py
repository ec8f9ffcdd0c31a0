from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


def wrapping():
    with Session() as session:
        try:
            yield session
        except Exception as error:  # expect: proven
            session.rollback()
            raise RuntimeError("database") from error


def swallowing():
    session = Session()
    try:
        yield session
    except:  # expect: proven
        session.rollback()
    finally:
        session.close()


@app.get("/")
def read(a=Depends(wrapping), b=Depends(swallowing)): ...
