"""What clients send and are sent."""

from pydantic import BaseModel, ConfigDict


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class RoomIn(BaseModel):
    name: str
    price: int


class RoomOut(Out):
    id: int
    name: str
    price: int


class RoomLine(RoomOut):
    booked: int


class BookingIn(BaseModel):
    room_id: int
    guest: str
    night: int


class BookingOut(Out):
    id: int
    room_id: int
    guest: str
    night: int
    status: str


class RoomWithBookings(RoomOut):
    bookings: list[BookingOut]


class Dashboard(BaseModel):
    rooms: int
    bookings: int
    guests: int
