"""What cannot become async is told, what must not stays, and tests follow."""

import pytest

from async_db.modernizing import Options
from async_db.modernizing.steps.propagation import propagation
from helpers.modernizing import check_noop, check_transformed, transformed
from helpers.propagated import file_of

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


@pytest.mark.parametrize("case", LEFT)
def test_what_is_left_to_a_person(case: str) -> None:
    before, reason = LEFT[case]
    done = transformed({"app__work": file_of(before)}, propagation)
    assert len(done.left) == 1
    assert reason in done.left[0].reason
    assert (
        f"# async-db: unresolved[migrating/no-sync-left] {reason}"
        in done.after.texts["app/work.py"]
    )


@pytest.mark.parametrize("case", STAYS)
def test_what_stays(case: str) -> None:
    check_noop(propagation, app__work=file_of(STAYS[case]))


def test_a_doubt_is_for_who_asks() -> None:
    before = """
        from itertools import islice

        def one(db: Session, key):
            return db.get(A, key)

        def many(db: Session, keys):
            return list(islice((key for key in keys if one(db, key)), 3))
        """
    told = transformed({"work": file_of(before)}, propagation)
    assert "`islice` may not take all of it" in told.left[0].reason
    done = transformed({"work": file_of(before)}, propagation, options=Options(unsafe=True))
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
