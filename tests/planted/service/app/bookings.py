"""Bookings: made, confirmed at today's rate, cancelled while the house allows it."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import SessionDep
from app.models import Booking, Room
from app.rates import RatesDep
from app.schemas import BookingIn, BookingOut

router = APIRouter(prefix="/bookings")
MOST_CANCELLED = 1_000  # of one guest


@router.post("", status_code=201, response_model=BookingOut)
async def book(body: BookingIn, session: SessionDep) -> Booking:
    # It locks the room, so that of two guests one comes first.
    await session.execute(update(Room).where(Room.id == body.room_id).values(asked=Room.asked + 1))
    taken = select(Booking.id).where(Booking.room_id == body.room_id, Booking.night == body.night)
    if await session.scalar(taken) is not None:
        raise HTTPException(409, "somebody was faster")
    booking = Booking(**body.model_dump())
    session.add(booking)
    await session.flush()
    return booking


@router.post("/{booking_id}/confirm")
async def confirm(booking_id: int, session: SessionDep, rates: RatesDep) -> BookingOut:
    rate = await rates.today()
    booking = await _booking(session, booking_id)
    booking.status, booking.paid = "confirmed", rate
    return BookingOut.model_validate(booking)


@router.post("/{booking_id}/cancel")
async def cancel(booking_id: int, session: SessionDep) -> BookingOut:
    booking = await _booking(session, booking_id)
    if await cancelled_by(session, booking.guest) >= MOST_CANCELLED:
        raise HTTPException(409, "too often")
    booking.status = "cancelled"
    return BookingOut.model_validate(booking)


async def cancelled_by(session: AsyncSession, guest: str) -> int:
    query = select(func.count()).where(Booking.guest == guest, Booking.status == "cancelled")
    return await session.scalar(query) or 0


async def _booking(session: AsyncSession, booking_id: int) -> Booking:
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise HTTPException(404, "no such booking")
    return booking
