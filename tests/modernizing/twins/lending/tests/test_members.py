import pytest

from lending.models import Entry, Member


def test_join(client, session):
    response = client.post("/members", json={"name": "Bo", "email": "bo@example.org"})
    assert response.status_code == 201
    assert session.query(Member).filter_by(email="bo@example.org").one().name == "Bo"
    assert [entry.kind for entry in session.query(Entry)] == ["joined"]


def test_join_twice(client, member):
    response = client.post("/members", json={"name": "Ada", "email": member.email})
    assert response.status_code == 409
    assert response.json() == {"detail": "ada@example.org is a member already"}


@pytest.mark.parametrize(("body", "status"), [({}, 422), ({"name": "", "email": "x"}, 422)])
def test_join_wrongly(client, body, status):
    assert client.post("/members", json=body).status_code == status


def test_leave(client, session, member):
    assert client.delete(f"/members/{member.id}").status_code == 204
    assert session.query(Member).count() == 0


def test_unknown(client):
    assert client.get("/members/7").status_code == 404
