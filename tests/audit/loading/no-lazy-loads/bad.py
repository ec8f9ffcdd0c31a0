from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import relationship
from sqlmodel import Relationship


class Order:
    items = relationship("Item")  # expect: review
    notes = relationship("Note", lazy="select")  # expect: review
    lines = Relationship(back_populates="order")  # expect: review
