from sqlalchemy import text
from sqlalchemy.orm import Session

TABLE = "orders"


class Order:
    __tablename__ = "orders"


def use(session: Session, column, tables):
    session.execute(text("select 1"))
    session.execute(text(f"truncate {TABLE}"))
    session.execute(text(f"truncate {Order.__tablename__}"))
    session.execute(text(f"select {column.name} from orders"))
    for table in ("a", "b"):
        session.execute(text(f"truncate {table}"))
