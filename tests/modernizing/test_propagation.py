import re
import textwrap

import pytest

from async_db.modernizing import Options
from async_db.modernizing.steps.propagation import propagation
from helpers.modernizing import check_noop, check_transformed, transformed

HEAD = """
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy import create_engine, select
SessionLocal = sessionmaker(create_engine("sqlite://"))
"""
CASES = {
    "a call, and what calls it": (
        """
        def count(db: Session) -> int:
            return db.scalar(select(1))

        def twice(db: Session) -> int:
            return 2 * count(db)

        def plain() -> int:
            return 1
        """,
        """
        async def count(db: Session) -> int:
            return await db.scalar(select(1))

        async def twice(db: Session) -> int:
            return 2 * await count(db)

        def plain() -> int:
            return 1
        """,
    ),
    "something is done with the result": (
        """
        def read(db: Session):
            return db.scalars(select(1)).unique().all(), db.execute(select(1))[0], db.get(A, 1).name
        """,
        """
        async def read(db: Session):
            return (await db.scalars(select(1))).unique().all(), (await db.execute(select(1)))[0], (await db.get(A, 1)).name
        """,
    ),
    "what only notes something stays": (
        """
        def add(db: Session, row) -> None:
            db.add(row)
            db.expunge(row)
            db.delete(row)
        """,
        """
        async def add(db: Session, row) -> None:
            db.add(row)
            db.expunge(row)
            await db.delete(row)
        """,
    ),
    "blocks": (
        """
        def work(db: Session) -> None:
            with SessionLocal() as own, own.begin():
                own.flush()
            with SessionLocal.begin() as other:
                pass
            with db.begin_nested():
                db.flush()
        """,
        """
        async def work(db: Session) -> None:
            async with SessionLocal() as own, own.begin():
                await own.flush()
            async with SessionLocal.begin() as other:
                pass
            async with db.begin_nested():
                await db.flush()
        """,
    ),
    "a block of which only a part is async": (
        '''
        def work(path) -> None:
            with open(path) as file, SessionLocal() as db:
                # said
                text = """one
            two"""
                db.flush()
        ''',
        '''
        async def work(path) -> None:
            with open(path) as file:
                async with SessionLocal() as db:
                    # said
                    text = """one
            two"""
                    await db.flush()
        ''',
    ),
    "comprehensions": (
        """
        def one(db: Session, key):
            return db.get(A, key)

        def many(db: Session, keys):
            rows = [one(db, key) for key in keys]
            found = {key: one(db, key) for key in keys if one(db, key)}
            return sum(one(db, key) for key in keys), list(x for x in db.scalars(select(1)))
        """,
        """
        async def one(db: Session, key):
            return await db.get(A, key)

        async def many(db: Session, keys):
            rows = [await one(db, key) for key in keys]
            found = {key: await one(db, key) for key in keys if await one(db, key)}
            return sum([await one(db, key) for key in keys]), list(x for x in await db.scalars(select(1)))
        """,
    ),
    "generators": (
        """
        from collections.abc import Generator, Iterator
        from contextlib import contextmanager

        def get_db() -> Generator[Session, None, None]:
            db = SessionLocal()
            try:
                yield db
            finally:
                db.close()

        @contextmanager
        def opened() -> Iterator[Session]:
            with SessionLocal() as db:
                yield db

        def use() -> None:
            with opened() as db:
                db.flush()
            for db in get_db():
                pass
            db = next(get_db())
            source = get_db()
            db = next(source)
            source.close()
            return list(get_db())
        """,
        """
        from collections.abc import AsyncGenerator, AsyncIterator
        from contextlib import asynccontextmanager

        async def get_db() -> AsyncGenerator[Session, None]:
            db = SessionLocal()
            try:
                yield db
            finally:
                await db.close()

        @asynccontextmanager
        async def opened() -> AsyncIterator[Session]:
            async with SessionLocal() as db:
                yield db

        async def use() -> None:
            async with opened() as db:
                await db.flush()
            async for db in get_db():
                pass
            db = await anext(get_db())
            source = get_db()
            db = await anext(source)
            await source.aclose()
            return [each async for each in get_db()]
        """,
    ),
    "a port, what implements it and who uses it": (
        """
        from typing import Protocol

        class Orders(Protocol):
            def find(self, key: int) -> str: ...
            def name(self) -> str: ...

        class SqlOrders:
            def __init__(self, db: Session) -> None:
                self.db = db

            def find(self, key: int) -> str:
                return self.db.get(str, key)

            def name(self) -> str:
                return "sql"

        class MemoryOrders:
            def find(self, key: int) -> str:
                return ""

            def name(self) -> str:
                return "memory"

        class Use:
            def __init__(self, orders: Orders) -> None:
                self.orders = orders

            def __call__(self, key: int) -> str:
                return self.orders.find(key) + self.orders.name()
        """,
        """
        from typing import Protocol

        class Orders(Protocol):
            async def find(self, key: int) -> str: ...
            def name(self) -> str: ...

        class SqlOrders:
            def __init__(self, db: Session) -> None:
                self.db = db

            async def find(self, key: int) -> str:
                return await self.db.get(str, key)

            def name(self) -> str:
                return "sql"

        class MemoryOrders:
            async def find(self, key: int) -> str:
                return ""

            def name(self) -> str:
                return "memory"

        class Use:
            def __init__(self, orders: Orders) -> None:
                self.orders = orders

            async def __call__(self, key: int) -> str:
                return await self.orders.find(key) + self.orders.name()
        """,
    ),
    "a unit of work that is entered": (
        """
        class Unit:
            def __enter__(self) -> "Unit":
                self.db = SessionLocal()
                return self

            def __exit__(self, *error) -> None:
                self.db.close()

            def commit(self) -> None:
                self.db.commit()

        def use() -> None:
            with Unit() as unit:
                unit.commit()
        """,
        """
        class Unit:
            async def __aenter__(self) -> "Unit":
                self.db = SessionLocal()
                return self

            async def __aexit__(self, *error) -> None:
                await self.db.close()

            async def commit(self) -> None:
                await self.db.commit()

        async def use() -> None:
            async with Unit() as unit:
                await unit.commit()
        """,
    ),
    "out of the thread pool": (
        """
        import asyncio
        from fastapi.concurrency import run_in_threadpool

        def read(db: Session, key: int, *, lock: bool = False):
            return db.get(A, key)

        async def route(db: Session):
            await run_in_threadpool(read, db, 1, lock=True)
            return await asyncio.to_thread(read, db, 2)
        """,
        """
        import asyncio
        from fastapi.concurrency import run_in_threadpool

        async def read(db: Session, key: int, *, lock: bool = False):
            return await db.get(A, key)

        async def route(db: Session):
            await read(db, 1, lock=True)
            return await read(db, 2)
        """,
    ),
    "a sync call in what is async already": (
        """
        async def route(db: Session):
            db.flush()

        async def other(db: Session):
            return await route(db)
        """,
        """
        async def route(db: Session):
            await db.flush()

        async def other(db: Session):
            return await route(db)
        """,
    ),
    "nested functions, and a parameter that is called": (
        """
        def retried(work):
            return work()

        def outer(db: Session):
            def inner():
                return db.get(A, 1)
            return retried(inner)
        """,
        """
        async def retried(work):
            return await work()

        async def outer(db: Session):
            async def inner():
                return await db.get(A, 1)
            return await retried(inner)
        """,
    ),
    "a script": (
        """

        def main() -> None:
            with SessionLocal() as db:
                db.flush()

        if __name__ == "__main__":
            main()
        """,
        """
        import asyncio

        async def main() -> None:
            async with SessionLocal() as db:
                await db.flush()

        if __name__ == "__main__":
            asyncio.run(main())
        """,
    ),
    "a loop of its own": (
        """
        import asyncio

        async def later() -> int:
            return 1

        def work(db: Session) -> None:
            db.flush()
            print(asyncio.run(later()) + 1)
        """,
        """
        import asyncio

        async def later() -> int:
            return 1

        async def work(db: Session) -> None:
            await db.flush()
            print(await later() + 1)
        """,
    ),
    "what only a sync session has": (
        """
        def store(db: Session, rows) -> None:
            db.bulk_save_objects(rows)
        """,
        """
        async def store(db: Session, rows) -> None:
            await db.run_sync(lambda session: session.bulk_save_objects(rows))
        """,
    ),
    "recursion": (
        """
        def walk(db: Session, key: int) -> list[int]:
            return [key, *walk(db, db.scalar(select(key)))]
        """,
        """
        async def walk(db: Session, key: int) -> list[int]:
            return [key, *await walk(db, await db.scalar(select(key)))]
        """,
    ),
}
CASES |= {
    "a manager that is made of a generator": (
        """
        from contextlib import contextmanager

        def get_db():
            with SessionLocal() as db:
                yield db

        db_context = contextmanager(get_db)

        def size() -> int:
            with db_context() as db:
                return db.scalar(select(1))

        def sizes() -> int:
            with contextmanager(get_db)() as db:
                return db.scalar(select(1))
        """,
        """
        from contextlib import asynccontextmanager

        async def get_db():
            async with SessionLocal() as db:
                yield db

        db_context = asynccontextmanager(get_db)

        async def size() -> int:
            async with db_context() as db:
                return await db.scalar(select(1))

        async def sizes() -> int:
            async with asynccontextmanager(get_db)() as db:
                return await db.scalar(select(1))
        """,
    ),
}
LEFT = {
    "a property": (
        """
        class Shop:
            def __init__(self, db: Session) -> None:
                self.db = db

            @property
            def size(self) -> int:
                return self.db.scalar(select(1))

        def told(shop: Shop) -> int:
            return shop.size
        """,
        "a property cannot be awaited",
    ),
    "a constructor": (
        """
        class Shop:
            def __init__(self, db: Session) -> None:
                self.size = db.scalar(select(1))

        def made(db: Session) -> Shop:
            return Shop(db)
        """,
        "`__init__` cannot await",
    ),
    "a key of sorted": (
        """
        def rank(key: int) -> int:
            with SessionLocal() as db:
                return db.scalar(select(key))

        def ranked(keys: list[int]) -> list[int]:
            return sorted(keys, key=rank)
        """,
        "rank is async now: see that `sorted` awaits it",
    ),
    "a lambda": (
        """
        def read(db: Session) -> int:
            return db.scalar(select(1))

        def late(db: Session):
            return lambda: read(db)
        """,
        "a lambda cannot await",
    ),
    "at import": (
        """
        def seed() -> None:
            with SessionLocal() as db:
                db.flush()

        seed()
        """,
        "it runs at import",
    ),
    "a worker's task": (
        """
        from celery import Celery
        app = Celery()

        @app.task
        def work() -> None:
            with SessionLocal() as db:
                db.flush()
        """,
        "a worker's task stays sync",
    ),
    "a cache": (
        """
        from functools import lru_cache

        @lru_cache
        def size(db: Session) -> int:
            return db.scalar(select(1))
        """,
        "a coroutine can be awaited once",
    ),
    "a generator expression that nobody takes whole": (
        """
        def one(db: Session, key):
            return db.get(A, key)

        def many(db: Session, keys):
            return (one(db, key) for key in keys)
        """,
        "a generator expression would become an async one",
    ),
}
STAYS = {
    "other libraries' sessions": """
        import requests
        from aiohttp import ClientSession

        def fetch(session: requests.Session) -> None:
            session.get("https://example.org")
            requests.Session().close()
        """,
    "async already": """
        from sqlalchemy.ext.asyncio import AsyncSession

        async def read(db: AsyncSession) -> int:
            await db.flush()
            async with db.begin():
                return await db.scalar(select(1))
        """,
    "a dictionary's get": """
        def read(settings: dict[str, str]) -> str:
            return settings.get("a")
        """,
    "a migration": """
        from alembic import op

        def upgrade() -> None:
            with Session(bind=op.get_bind()) as db:
                db.execute(select(1))
        """,
}


@pytest.mark.parametrize("case", CASES)
def test_what_becomes_async(case: str) -> None:
    before, after = CASES[case]
    done = check_transformed({"app__work": _file(before)}, {"app__work": _file(after)}, propagation)
    assert not done.left


@pytest.mark.parametrize("case", LEFT)
def test_what_is_left_to_a_person(case: str) -> None:
    before, reason = LEFT[case]
    done = transformed({"app__work": _file(before)}, propagation)
    assert len(done.left) == 1
    assert reason in done.left[0].reason
    assert (
        f"# async-db: unresolved[migrating/no-sync-left] {reason}"
        in done.after.texts["app/work.py"]
    )


@pytest.mark.parametrize("case", STAYS)
def test_what_stays(case: str) -> None:
    check_noop(propagation, app__work=_file(STAYS[case]))


def test_a_doubt_is_for_who_asks() -> None:
    before = """
        from itertools import islice

        def one(db: Session, key):
            return db.get(A, key)

        def many(db: Session, keys):
            return list(islice((key for key in keys if one(db, key)), 3))
        """
    told = transformed({"work": _file(before)}, propagation)
    assert "`islice` may not take all of it" in told.left[0].reason
    done = transformed({"work": _file(before)}, propagation, options=Options(unsafe=True))
    assert "islice([key for key in keys if await one(db, key)], 3)" in done.after.texts["work.py"]
    assert [each.reason for each in done.changes if each.grade == "unsafe"]


def test_tests_that_use_a_client() -> None:
    check_transformed(
        {
            "app__main": """
                from fastapi import FastAPI
                from sqlalchemy.orm import Session
                app = FastAPI()
                def size(db: Session) -> int:
                    return db.scalar(1)
                """,
            "tests__conftest": """
                import pytest
                from fastapi.testclient import TestClient
                from app.main import app

                @pytest.fixture
                def client():
                    with TestClient(app) as client:
                        yield client
                """,
            "tests__test_main": """
                def test_read(client):
                    assert client.get("/").status_code == 200

                def test_nothing():
                    assert True
                """,
        },
        {
            "app__main": """
                from fastapi import FastAPI
                from sqlalchemy.orm import Session
                app = FastAPI()
                async def size(db: Session) -> int:
                    return await db.scalar(1)
                """,
            "tests__conftest": """
                import pytest
                from fastapi.testclient import TestClient
                from app.main import app

                @pytest.fixture
                async def client():
                    async with TestClient(app) as client:
                        yield client
                """,
            "tests__test_main": """
                async def test_read(client):
                    assert (await client.get("/")).status_code == 200

                def test_nothing():
                    assert True
                """,
        },
        propagation,
    )


def _file(body: str) -> str:
    """Give a file: the standard library's imports, the head, the rest."""
    text = textwrap.dedent(body).lstrip("\n")
    imports = re.match(
        r"(?:(?:import|from) (?:asyncio|contextlib|collections|typing)\b.*\n)*", text
    )
    first = imports.group() if imports else ""
    return f"{first}{chr(10) if first else ''}{HEAD.lstrip()}\n{text[len(first) :].lstrip(chr(10))}"
