from fastapi.testclient import TestClient
from sqlalchemy import StaticPool
from sqlmodel import Session, SQLModel, create_engine

from heroes.database import get_session
from heroes.main import app


def test_heroes() -> None:
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        app.dependency_overrides[get_session] = lambda: session
        client = TestClient(app)
        assert client.post("/heroes", json={"name": "Ann"}).status_code == 200
        assert [hero["name"] for hero in client.get("/heroes").json()] == ["Ann"]
        app.dependency_overrides.clear()
    engine.dispose()
