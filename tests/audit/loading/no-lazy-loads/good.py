from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import relationship
from sqlmodel import Relationship


class Order:
    items = relationship("Item", lazy="raise")
    notes = relationship("Note", lazy="selectin")
    lines = Relationship(sa_relationship_kwargs={"lazy": "selectin"})
