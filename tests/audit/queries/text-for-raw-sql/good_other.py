import asyncpg
import sqlite3


async def use(connection: asyncpg.Connection, unknown):
    await connection.execute("SELECT 1")
    sqlite3.connect(":memory:").execute("select 1")
    unknown.execute("select 1")
