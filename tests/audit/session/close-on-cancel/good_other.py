import requests
from sqlalchemy.orm import Session


def client():
    session = requests.Session()
    yield session
    session.close()


def rows():
    session = Session()
    yield 1
