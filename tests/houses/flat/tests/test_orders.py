from fastapi.testclient import TestClient


def test_orders(client: TestClient) -> None:
    assert client.post("/orders", params={"title": "one"}).status_code == 201
    assert client.get("/orders").json() == ["one"]
