from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session


@event.listens_for(Session, "after_begin")
def enter(session: Session, transaction, connection: Connection):
    connection.execute(text("SET LOCAL search_path TO a"))
