from functools import lru_cache

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine

app = FastAPI()
_engine = None


@lru_cache
def get_engine():
    return create_engine("sqlite://")


def get_global():
    global _engine
    if _engine is None:
        _engine = create_engine("sqlite://")
    return _engine


@app.get("/")
def read(engine=Depends(get_engine), other=Depends(get_global)): ...
