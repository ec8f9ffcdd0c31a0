# --- app.py
from sqlmodel import SQLModel


class HeroOut(SQLModel):
    name: str
# --- alembic/env.py
from alembic import context
