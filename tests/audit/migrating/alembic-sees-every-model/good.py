# --- app/__init__.py
# --- app/base.py
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase): ...
# --- app/models/__init__.py
from .orders import *
# --- app/models/orders.py
from sqlalchemy.orm import Mapped, mapped_column

from app.base import Base


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
# --- alembic/env.py
from alembic import context

import app.models.orders
from app.base import Base

target_metadata = Base.metadata
