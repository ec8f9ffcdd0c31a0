"""What the owners look at."""

from fastapi import APIRouter
from sqlalchemy import Select, distinct, func, select

from app.db import SessionDep
from app.models import Booking, Room
from app.schemas import Dashboard

router = APIRouter(prefix="/reports")
OCCUPANCY = select(Booking.night, func.count()).group_by(Booking.night).order_by(Booking.night)


@router.get("/occupancy")
async def occupancy(session: SessionDep) -> dict[int, int]:
    return {night: number for night, number in await session.execute(OCCUPANCY)}


@router.get("/dashboard")
async def dashboard(session: SessionDep) -> Dashboard:
    async def number(asked: Select[tuple[int]]) -> int:
        return await session.scalar(asked) or 0

    return Dashboard(
        rooms=await number(select(func.count(Room.id))),
        bookings=await number(select(func.count(Booking.id))),
        guests=await number(select(func.count(distinct(Booking.guest)))),
    )
