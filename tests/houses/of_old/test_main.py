from fastapi.testclient import TestClient
from sqlalchemy import StaticPool, create_engine
from sqlalchemy.orm import Session

from database import Base
from main import app, get_db
from models import Item


def test_items() -> None:
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Item(name="one"))
        session.commit()
        app.dependency_overrides[get_db] = lambda: session
        assert TestClient(app).get("/items").json() == ["one"]
        app.dependency_overrides.clear()
    engine.dispose()
