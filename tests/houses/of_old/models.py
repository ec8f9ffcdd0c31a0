from sqlalchemy import Column, Integer, String

from database import Base


class Item(Base):  # type: ignore[misc, valid-type]
    __tablename__ = "items"

    id = Column(Integer, primary_key=True)
    name = Column(String(50))
