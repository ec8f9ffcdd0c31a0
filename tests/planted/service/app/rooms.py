"""Rooms: what there is, and what is booked of it."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import func, insert, select
from sqlalchemy.orm import selectinload

from app.db import SessionDep, SessionsDep
from app.models import Booking, Room
from app.schemas import RoomIn, RoomLine, RoomOut, RoomWithBookings

router = APIRouter(prefix="/rooms")


@router.get("")
async def list_rooms(session: SessionDep) -> list[RoomLine]:
    rooms = (await session.scalars(select(Room).order_by(Room.id))).all()
    numbers = select(Booking.room_id, func.count()).group_by(Booking.room_id)
    booked = {room_id: number for room_id, number in await session.execute(numbers)}
    return [
        RoomLine(id=room.id, name=room.name, price=room.price, booked=booked.get(room.id, 0))
        for room in rooms
    ]


@router.post("", status_code=201)
async def add_room(body: RoomIn, session: SessionDep) -> RoomOut:
    room = Room(name=body.name, price=body.price)
    session.add(room)
    await session.flush()
    return RoomOut.model_validate(room)


@router.post("/import", status_code=201)
async def import_rooms(body: list[RoomIn], sessions: SessionsDep) -> int:
    async with sessions.begin() as session:
        await session.execute(insert(Room), [room.model_dump() for room in body])
    return len(body)


@router.get("/{room_id}", response_model=RoomWithBookings)
async def read_room(room_id: int, session: SessionDep) -> Room:
    room = await session.get(Room, room_id, options=[selectinload(Room.bookings)])
    if room is None:
        raise HTTPException(404, "no such room")
    return room
