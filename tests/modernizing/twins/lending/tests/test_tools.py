from lending.main import app
from lending.models import Tool
from lending.repositories import SqlTools
from lending.routers.tools import get_tools


class TestTools:
    def test_add(self, client):
        response = client.post("/tools", json={"name": "Saw", "shelf": "B2"})
        assert response.json() == {"id": 1, "name": "Saw", "shelf": "B2", "broken": False}

    def test_search(self, client, make_tool):
        for name in ("Saw", "Drill", "Jigsaw"):
            make_tool(name)
        response = client.get("/tools", params={"q": "saw"})
        assert [tool["name"] for tool in response.json()] == ["Jigsaw", "Saw"]
        assert response.headers["X-Total"] == "3"

    def test_shelves(self, client, make_tool):
        make_tool("Saw", shelf="A1"), make_tool("Drill", shelf="A2")
        assert [each["tools"] for each in client.get("/tools/shelves").json()] == [1, 1]


def test_mark_broken(session, make_tool):
    make_tool("Saw")
    tools = SqlTools(session)
    assert tools.mark_broken("A1") == 1
    assert tools.count() == 1


def test_health(client):
    assert client.get("/health").json() == {"status": "ok"}


class FewTools:
    def count(self):
        return 1

    def search(self, text, limit):
        return [Tool(id=7, name=text, shelf="C3", broken=False)]


def test_search_elsewhere(client):
    app.dependency_overrides[get_tools] = lambda: FewTools()
    assert client.get("/tools?q=Vice").json() == [
        {"id": 7, "name": "Vice", "shelf": "C3", "broken": False}
    ]
