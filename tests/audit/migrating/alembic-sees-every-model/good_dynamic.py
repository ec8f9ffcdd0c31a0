# --- app/__init__.py
# --- app/base.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...
# --- app/orders.py
from app.base import Base


class Order(Base):
    __tablename__ = "orders"
# --- alembic/env.py
from importlib import import_module

from alembic import context

from app.base import Base

import_module("app.orders")
target_metadata = Base.metadata
