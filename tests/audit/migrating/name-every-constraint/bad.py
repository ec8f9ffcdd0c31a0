# --- app.py
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase): ...  # expect: review
# --- alembic/env.py
from alembic import context
