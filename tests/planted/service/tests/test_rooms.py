from httpx import AsyncClient

from app.models import Room


async def test_rooms_are_added_and_listed(client: AsyncClient) -> None:
    for number in range(6):
        added = await client.post("/rooms", json={"name": f"room {number}", "price": 50})
        assert added.status_code == 201
    listed = (await client.get("/rooms")).json()
    assert [(room["name"], room["booked"]) for room in listed][5] == ("room 5", 0)


async def test_a_room_with_its_bookings(client: AsyncClient, room: Room) -> None:
    found = (await client.get(f"/rooms/{room.id}")).json()
    assert [booking["guest"] for booking in found["bookings"]] == ["Ada"]
    assert (await client.get("/rooms/99")).status_code == 404


async def test_an_import(client: AsyncClient) -> None:
    rooms = [{"name": "attic", "price": 30}, {"name": "cellar", "price": 20}]
    imported = await client.post("/rooms/import", json=rooms)
    assert (imported.status_code, imported.json()) == (201, 2)
