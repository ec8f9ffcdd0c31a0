from sqlalchemy import Connection, insert
from sqlalchemy.schema import DropTable


def restore(connection: Connection, dump, tables):
    for table, rows in dump.items():
        connection.execute(insert(table), rows)
    for table in dump:
        connection.execute(DropTable(table))
