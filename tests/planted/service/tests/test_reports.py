from httpx import AsyncClient

from app.models import Room


async def test_a_setting(client: AsyncClient, room: Room) -> None:
    assert (await client.get("/settings/currency")).json() == "EUR"


async def test_the_dashboard(client: AsyncClient, room: Room) -> None:
    shown = (await client.get("/reports/dashboard")).json()
    assert shown == {"rooms": 1, "bookings": 1, "guests": 1}


async def test_occupancy(client: AsyncClient, room: Room) -> None:
    assert (await client.get("/reports/occupancy")).json() == {"1": 1}
