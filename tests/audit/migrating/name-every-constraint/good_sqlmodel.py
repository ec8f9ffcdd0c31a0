# --- app.py
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {"uq": "uq_%(table_name)s_%(column_0_N_name)s"}


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
# --- alembic/env.py
from alembic import context
