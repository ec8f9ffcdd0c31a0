from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.models import User


def test_users(client: TestClient, db: Session) -> None:
    db.add(User(email="a@example.com"))
    db.commit()
    assert client.get("/api/v1/users/").json() == ["a@example.com"]
