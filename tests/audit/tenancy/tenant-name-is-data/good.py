from sqlalchemy import text
from sqlalchemy.orm import Session

SCHEMA = "app"


def enter(session: Session, schema):
    session.execute(text("select set_config('search_path', :schema, true)"), {"schema": schema})
    session.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))
