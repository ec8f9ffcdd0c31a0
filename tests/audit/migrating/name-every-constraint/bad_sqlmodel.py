# --- app.py
from sqlmodel import Field, SQLModel


class HeroBase(SQLModel):
    name: str


class Hero(HeroBase, table=True):  # expect: review
    id: int | None = Field(default=None, primary_key=True)


class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
# --- alembic/env.py
from alembic import context
