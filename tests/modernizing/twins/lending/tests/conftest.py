import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from lending.database import Base, get_db
from lending.main import app
from lending.models import Member, Tool

engine = create_engine(
    "sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool
)
TestingSessionLocal = sessionmaker(bind=engine)


@pytest.fixture
def session():
    Base.metadata.create_all(bind=engine)
    db = TestingSessionLocal()
    try:
        yield db
    finally:
        db.close()
        Base.metadata.drop_all(bind=engine)


@pytest.fixture
def client(session, monkeypatch):
    def override_get_db():
        yield session

    app.dependency_overrides[get_db] = override_get_db
    monkeypatch.setattr("lending.database.SessionLocal", TestingSessionLocal)
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.fixture
def member(session):
    member = Member(name="Ada", email="ada@example.org")
    session.add(member)
    session.commit()
    session.refresh(member)
    return member


@pytest.fixture
def make_tool(session):
    def make(name, shelf="A1"):
        tool = Tool(name=name, shelf=shelf)
        session.add(tool)
        session.commit()
        return tool

    return make
