from sqlalchemy import URL


def sync_url(url: URL) -> URL:
    """Give an async engine's URL with the sync driver that Alembic connects by."""
    drivers = {
        "postgresql+asyncpg": "postgresql",
        "sqlite+aiosqlite": "sqlite",
        "mysql+aiomysql": "mysql+pymysql",
    }
    made = url.set(drivername=drivers.get(url.drivername, url.drivername))
    if url.drivername == "postgresql+asyncpg" and "ssl" in made.query:
        mode = made.query["ssl"]
        made = made.difference_update_query(["ssl"]).update_query_dict({"sslmode": mode})
    return made
