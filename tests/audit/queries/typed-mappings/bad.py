from sqlalchemy import Column, Integer
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.orm import DeclarativeBase

Old = declarative_base()  # expect: review


class Base(DeclarativeBase): ...


class Order(Base):  # expect: review
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)


class Item(Old):  # expect: review
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
