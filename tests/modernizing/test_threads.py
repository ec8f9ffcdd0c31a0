"""What an operation did in a thread goes back into one, when the operation itself leaves it."""

import textwrap

import pytest

from async_db.modernizing.steps.propagation import propagation
from async_db.modernizing.steps.threads import threads
from helpers.modernizing import check_transformed, transformed

HEAD = """\
import time

import bcrypt
import requests
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite://"))
app = FastAPI()

async def get_session():
    async with SessionLocal() as session:
        yield session

"""
POOL = HEAD.replace(
    "FastAPI\nfrom sqlalchemy",
    "FastAPI\nfrom fastapi.concurrency import run_in_threadpool\nfrom sqlalchemy",
    1,
)
CASES = {
    "a library's own call": (
        """
        @app.get("/")
        def route(session: Session = Depends(get_session)):
            return session.scalar(select(1)), requests.get("https://example.org").json()
        """,
        POOL,
        """
        @app.get("/")
        async def route(session: Session = Depends(get_session)):
            return await session.scalar(select(1)), (await run_in_threadpool(requests.get, "https://example.org")).json()
        """,
    ),
    "what a library's object does": (
        """
        import emails

        def send(to: str) -> None:
            message = emails.Message(subject="welcome")
            message.send(to=to)

        @app.post("/")
        def route(to: str, session: Session = Depends(get_session)):
            session.execute(select(1))
            send(to)
        """,
        POOL,
        """
        import emails

        def send(to: str) -> None:
            message = emails.Message(subject="welcome")
            message.send(to=to)

        @app.post("/")
        async def route(to: str, session: Session = Depends(get_session)):
            await session.execute(select(1))
            await run_in_threadpool(send, to)
        """,
    ),
    "what calls it": (
        """
        def hashed(password: str) -> bytes:
            return bcrypt.hashpw(password.encode(), bcrypt.gensalt())

        @app.post("/")
        def route(password: str, session: Session = Depends(get_session)):
            session.execute(select(hashed(password)))
        """,
        POOL,
        """
        def hashed(password: str) -> bytes:
            return bcrypt.hashpw(password.encode(), bcrypt.gensalt())

        @app.post("/")
        async def route(password: str, session: Session = Depends(get_session)):
            await session.execute(select(await run_in_threadpool(hashed, password)))
        """,
    ),
    "a pause": (
        """
        @app.get("/")
        def route(session: Session = Depends(get_session)):
            time.sleep(1)
            session.flush()
        """,
        HEAD.replace("import time", "import asyncio\nimport time", 1),
        """
        @app.get("/")
        async def route(session: Session = Depends(get_session)):
            await asyncio.sleep(1)
            await session.flush()
        """,
    ),
    "an operation that stays in its thread": (
        """
        @app.get("/")
        def route():
            return requests.get("https://example.org").json()
        """,
        HEAD,
        """
        @app.get("/")
        def route():
            return requests.get("https://example.org").json()
        """,
    ),
    "one that blocked the loop before": (
        """
        @app.get("/")
        async def route():
            return requests.get("https://example.org").json()
        """,
        HEAD,
        """
        @app.get("/")
        async def route():
            return requests.get("https://example.org").json()
        """,
    ),
    "a script": (
        """
        def script():
            requests.get("https://example.org")
            with SessionLocal() as session:
                session.flush()
        """,
        HEAD,
        """
        async def script():
            requests.get("https://example.org")
            async with SessionLocal() as session:
                await session.flush()
        """,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_goes_into_a_thread(case: str) -> None:
    before, head, after = CASES[case]
    done = check_transformed(
        {"main": HEAD + textwrap.dedent(before)},
        {"main": head + textwrap.dedent(after)},
        propagation,
        threads,
    )
    assert not done.left


def test_a_session_is_never_given_to_a_thread() -> None:
    service = """
        def notified(session: Session) -> None:
            session.add(1)
            requests.get("https://example.org")

        @app.get("/")
        def route(session: Session = Depends(get_session)):
            notified(session)
            session.flush()
        """
    done = transformed({"main": HEAD + textwrap.dedent(service)}, propagation, threads)
    assert [each.reason for each in done.left] == [
        "`notified` comes to `requests.get`, which blocks the loop, and ran in a thread before"
    ]


def test_a_test_that_waits_lets_its_app_run() -> None:
    before = """
        import time

        from sqlalchemy.orm import Session

        def test_it(db: Session):
            db.commit()
            time.sleep(0.1)

        def test_other():
            time.sleep(0.1)
        """
    after = """
        import asyncio
        import time

        from sqlalchemy.orm import Session

        async def test_it(db: Session):
            await db.commit()
            await asyncio.sleep(0.1)

        def test_other():
            time.sleep(0.1)
        """
    check_transformed({"tests__test_it": before}, {"tests__test_it": after}, propagation, threads)
