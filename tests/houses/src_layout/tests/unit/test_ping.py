from fastapi.testclient import TestClient

from acme.api import app


def test_ping() -> None:
    assert TestClient(app).get("/ping").json() == "pong"
