# --- tests/conftest.py
from sqlalchemy import StaticPool, create_engine

engine = create_engine("sqlite://", poolclass=StaticPool)
