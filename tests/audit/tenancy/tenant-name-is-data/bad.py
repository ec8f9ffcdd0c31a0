from sqlalchemy import text
from sqlalchemy.orm import Session


def enter(session: Session, schema):
    session.execute(text(f"SET LOCAL search_path TO {schema}"))  # expect: proven
    session.execute(text("set search_path to %s" % schema))  # expect: proven
