from factory import Factory
from sqlalchemy.orm import Session


def make() -> Session: ...


session = Factory(make)
