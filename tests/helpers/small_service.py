"""A service of one table that answers 201 whatever becomes of its COMMIT, and a mended twin."""

import json
import sys
from pathlib import Path

TABLES = """
import asyncio, os, asyncpg

async def make() -> None:
    connection = await asyncpg.connect(os.environ["ROWS_URL"])
    await connection.execute("create table rows (n bigint primary key)")
    await connection.close()

asyncio.run(make())
"""
SERVICE = """
import os
import asyncpg
from fastapi import FastAPI, Response

LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
app = FastAPI()


@app.get("/live")
async def live() -> str:
    return "yes"


@app.post("/rows/{n}", status_code=201)
async def add(n: int, response: Response) -> dict[str, object]:
    connection = await asyncpg.connect(os.environ["ROWS_URL"])
    try:
        await connection.execute("BEGIN")
        await connection.execute("insert into rows values ($1)", n)
        try:
            await connection.execute("COMMIT")
        except LOST:
            HANDLED
    finally:
        connection.terminate()
    return {"n": n}
"""
STORED = "select count(*) from rows where n = {n}"
SWALLOWED = "pass"
MENDED = 'response.status_code = 500; return {"detail": "it is not known if this was stored"}'


def written_service(folder: Path, *, mended: bool) -> Path:
    """Write the service into a folder, and give the path of its description."""
    (folder / "tables.py").write_text(TABLES, encoding="utf-8")
    handled = MENDED if mended else SWALLOWED
    (folder / "service.py").write_text(SERVICE.replace("HANDLED", handled), encoding="utf-8")
    description = folder / "faults.toml"
    description.write_text(_description(), encoding="utf-8")
    return description


def _description() -> str:
    uvicorn = [sys.executable, "-m", "uvicorn", "service:app", "--port", "{port}"]
    return f"""\
name = "rows"
command = {json.dumps(uvicorn)}
migrate = [{json.dumps([sys.executable, "tables.py"])}]
variable = "ROWS_URL"
live = "/live"
unknown = "not known"

[limits]
answer = 10
recover = 5
stop = 10

[[requests]]
name = "add"
method = "POST"
path = "/rows/{{n}}"
stored = "{STORED}"
"""
