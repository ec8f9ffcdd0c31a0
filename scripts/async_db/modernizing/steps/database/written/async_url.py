from sqlalchemy import URL, make_url


def async_url(url: str | URL) -> URL:
    """Give a database's URL with its async driver, in that one's words.

    Whoever needs the sync driver, such as Alembic, goes on with the URL as it is.
    """
    made = make_url(url)
    drivers = {
        "postgres": "postgresql+asyncpg",
        "postgresql": "postgresql+asyncpg",
        "postgresql+psycopg2": "postgresql+asyncpg",
        "sqlite": "sqlite+aiosqlite",
        "sqlite+pysqlite": "sqlite+aiosqlite",
        "mysql": "mysql+aiomysql",
        "mysql+pymysql": "mysql+aiomysql",
        "mysql+mysqldb": "mysql+aiomysql",
    }
    made = made.set(drivername=drivers.get(made.drivername, made.drivername))
    if made.drivername == "postgresql+asyncpg":
        query = dict(made.query)
        query.pop("channel_binding", None)  # which asyncpg does not have
        if "sslmode" in query:
            query["ssl"] = query.pop("sslmode")
        made = made.set(query=query)
    return made
