"""Where async code is entered: thread pools, scripts, loops, managers, functions handed on."""

import pytest

from async_db.modernizing.steps.propagation import propagation
from helpers.modernizing import check_transformed
from helpers.propagated import file_of

CASES = {
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


@pytest.mark.parametrize("case", CASES)
def test_what_becomes_async(case: str) -> None:
    before, after = CASES[case]
    done = check_transformed(
        {"app__work": file_of(before)}, {"app__work": file_of(after)}, propagation
    )
    assert not done.left
