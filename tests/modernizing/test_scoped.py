"""Registries of sessions, and sessions of modules: what becomes a plain factory, and what is left."""

import textwrap

from async_db.modernizing import STEPS, Modernization
from helpers.modernizing import transformed

DB = """
    from sqlalchemy import create_engine
    from sqlalchemy.orm import scoped_session, sessionmaker

    engine = create_engine("sqlite:///shop.db")
    Sessions = scoped_session(sessionmaker(bind=engine))


    def get_session():
        session = Sessions()
        try:
            yield session
        finally:
            Sessions.remove()
    """
MAIN = """
    from fastapi import Depends, FastAPI
    from sqlalchemy import select

    from app.db import Sessions, get_session

    app = FastAPI()


    @app.get("/")
    def read(session=Depends(get_session)) -> int:
        return session.scalar(select(1))
    """


def moved(db: str = DB, main: str = MAIN) -> Modernization:
    return transformed({"app__db": db, "app__main": main}, *STEPS)


def test_a_registry_of_one_dependency_becomes_a_factory() -> None:
    done = moved(main=MAIN.replace("Sessions, ", ""))
    text = done.after.texts["app/db.py"]
    assert not done.left
    assert (
        textwrap.dedent(
            """
        Sessions = async_sessionmaker(bind=engine, expire_on_commit=False)


        async def get_session():
            async with Sessions() as session:
                yield session
        """
        )
        in text
    )
    assert "scoped_session" not in text


def test_a_registry_that_others_ask_is_left() -> None:
    main = MAIN.replace(
        "return session.scalar", "Sessions().flush()\n        return session.scalar"
    )
    done = moved(main=main)
    assert [(each.path, each.rule) for each in done.left] == [
        ("app/db.py", "session/one-per-request")
    ]
    assert "scoped_session(async_sessionmaker(" in done.after.texts["app/db.py"]


def test_a_session_of_a_module_is_told() -> None:
    db = DB.replace("scoped_session(sessionmaker(bind=engine))", "sessionmaker(bind=engine)")
    done = moved(
        db.replace("Sessions.remove()", "session.close()") + "\n\n    shared = Sessions()\n",
        MAIN.replace("session.scalar", "shared.scalar").replace("Sessions,", "shared,"),
    )
    (left,) = done.left
    assert left.reason == (
        "all requests would use this one session at once: open one where it is used"
    )
    assert left.code == "shared = Sessions()"
