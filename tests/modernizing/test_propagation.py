"""What waits for a session becomes async, and all that calls it."""

import pytest

from async_db.modernizing.steps.propagation import propagation
from helpers.modernizing import check_transformed
from helpers.propagated import file_of

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
}


@pytest.mark.parametrize("case", CASES)
def test_what_becomes_async(case: str) -> None:
    before, after = CASES[case]
    done = check_transformed(
        {"app__work": file_of(before)}, {"app__work": file_of(after)}, propagation
    )
    assert not done.left
