from fastapi.testclient import TestClient


def test_dialect(client: TestClient) -> None:
    assert client.get("/dialect").json() == "postgresql"
