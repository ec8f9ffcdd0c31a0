# --- alembic/env.py
from alembic import context
from sqlalchemy import create_engine, text

engine = create_engine("postgresql+psycopg://localhost/shop", pool_pre_ping=True)
with engine.connect() as connection:
    connection.execute(text("SELECT pg_advisory_lock(4711)"))
    context.configure(connection=connection)
    context.run_migrations()
