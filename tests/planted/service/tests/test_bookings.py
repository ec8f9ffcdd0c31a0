from httpx import AsyncClient

from app.models import Booking, Room


async def test_a_room_is_booked_once_a_night(client: AsyncClient, room: Room) -> None:
    booking = {"room_id": room.id, "guest": "Bob", "night": 2}
    assert (await client.post("/bookings", json=booking)).status_code == 201
    assert (await client.post("/bookings", json=booking)).status_code == 409


async def test_a_booking_is_confirmed_at_todays_rate(client: AsyncClient, room: Room) -> None:
    booking: Booking = room.bookings[0]
    confirmed = await client.post(f"/bookings/{booking.id}/confirm")
    assert confirmed.json()["status"] == "confirmed"
    assert booking.paid == 1.25


async def test_a_booking_is_cancelled(client: AsyncClient, room: Room) -> None:
    cancelled = await client.post(f"/bookings/{room.bookings[0].id}/cancel")
    assert cancelled.json()["status"] == "cancelled"
    assert (await client.post("/bookings/99/cancel")).status_code == 404
