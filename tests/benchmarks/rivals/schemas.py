"""What the rivals take and answer: the fields, and the limits, of the rendered service."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class ItemIn(BaseModel):
    sku: str = Field(min_length=1, max_length=40)
    quantity: int = Field(ge=1, le=1_000_000)


class OrderUpdate(BaseModel):
    reference: str = Field(min_length=1, max_length=40)
    note: str | None = Field(default=None, max_length=2000)


class OrderCreate(OrderUpdate):
    items: list[ItemIn] = Field(default=[], max_length=100)


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    sku: str
    quantity: int


class OrderSummary(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    reference: str
    note: str | None
    confirmed_at: datetime | None
    created_at: datetime
    updated_at: datetime


class OrderOut(OrderSummary):
    confirmation_requested_at: datetime | None
    items: list[ItemOut]


class OrderPage(BaseModel):
    rows: list[OrderSummary]
    next_after: int | None
