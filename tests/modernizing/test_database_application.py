"""Where the database starts and ends: lifespans, when a dependency ends, Alembic, slices."""

from pathlib import Path

import pytest

from async_db.modernizing import STEPS, Options
from async_db.modernizing.steps.database import applications, database, lifetimes
from helpers.modernizing import check_transformed, in_project, transformed

DB = """
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.orm import DeclarativeBase

    engine = create_async_engine("sqlite+aiosqlite://")


    class Base(DeclarativeBase):
        pass
    """


def main_after(before: str, **others: str) -> str:
    done = transformed({"app__db": DB, "app__main": before, **others}, applications)
    assert done.left == ()
    return done.after.texts["app/main.py"]


def test_a_lifespan_that_is_there_makes_tables_and_disposes_of_the_engine() -> None:
    check_transformed(
        {
            "app__db": DB,
            "app__main": '''
            from contextlib import asynccontextmanager

            from fastapi import FastAPI

            from app import db

            # What is not there yet.
            db.Base.metadata.create_all(db.engine, checkfirst=True)


            @asynccontextmanager
            async def lifespan(app: FastAPI):
                """Begin and end."""
                # First of all.
                print("begin")
                yield {"a": 1}

                print("end")


            app = FastAPI(lifespan=lifespan)
            ''',
        },
        {
            "app__main": '''
            from contextlib import asynccontextmanager

            from fastapi import FastAPI

            from app import db
            from app.db import engine


            @asynccontextmanager
            async def lifespan(app: FastAPI):
                """Begin and end."""
                # What is not there yet.
                async with db.engine.begin() as connection:
                    await connection.run_sync(db.Base.metadata.create_all, checkfirst=True)
                # First of all.
                print("begin")
                try:
                    yield {"a": 1}

                    print("end")
                finally:
                    await engine.dispose()


            app = FastAPI(lifespan=lifespan)
            '''
        },
        applications,
    )


def test_a_lifespan_that_ends_in_a_finally_goes_on_there() -> None:
    before = """
        from contextlib import asynccontextmanager

        from fastapi import FastAPI

        from app.db import engine


        @asynccontextmanager
        async def lifespan(app: FastAPI):
            try:
                yield
            finally:
                print("end")


        app = FastAPI(lifespan=lifespan)
        """

    after = main_after(before)
    assert '        print("end")\n        await engine.dispose()\n' in after
    assert after.count("try:") == 1


def test_an_engine_that_a_lifespan_makes_is_disposed_of_there() -> None:
    after = main_after(
        """
        from contextlib import asynccontextmanager

        from fastapi import FastAPI
        from sqlalchemy.ext.asyncio import create_async_engine


        @asynccontextmanager
        async def lifespan(app: FastAPI):
            own = create_async_engine("sqlite+aiosqlite://")
            app.state.engine = own
            yield


        app = FastAPI(lifespan=lifespan)
        """
    )

    assert "    finally:\n        await own.dispose()\n" in after


def test_a_factory_of_applications_gets_a_lifespan_with_its_events() -> None:
    after = main_after(
        """
        from fastapi import FastAPI

        import app.db


        def create_app() -> FastAPI:
            made = FastAPI(title="it")

            @made.on_event("startup")
            def begin() -> None:
                print("begin")

            return made
        """
    )

    assert 'made = FastAPI(title="it", lifespan=lifespan)' in after
    assert "        begin()\n        try:\n            yield\n" in after
    assert "            await engine.dispose()\n" in after
    assert "on_event" not in after


def test_events_of_the_application_itself_and_added_ones_go_into_the_lifespan() -> None:
    after = main_after(
        """
        from fastapi import FastAPI

        import app.db


        async def begin() -> None:
            print("begin")


        def end() -> None:
            print("end")


        def warm() -> None:
            print("warm")


        app = FastAPI(on_startup=[begin], title="it", on_shutdown=(end,))
        app.add_event_handler("startup", warm)
        app.add_event_handler("shutdown", end)
        """
    )

    assert 'app = FastAPI(title="it", lifespan=lifespan)' in after
    assert "    await begin()\n    warm()\n    try:\n        yield\n" in after
    assert "        end()\n        end()\n        await engine.dispose()\n" in after
    assert "add_event_handler" not in after


@pytest.mark.parametrize(
    "registered",
    [
        'app.add_event_handler("startup", print)',
        'if __debug__:\n    app.add_event_handler("startup", begin)\n\n\ndef begin() -> None:\n    pass',
        'router = APIRouter()\n\n\n@router.on_event("startup")\ndef begin() -> None:\n    pass',
    ],
)
def test_events_that_a_lifespan_would_silence_keep_it_away(registered: str) -> None:
    text = (
        "from fastapi import APIRouter, FastAPI\n\nfrom app.db import engine\n\n"
        f"app = FastAPI()\n{registered}\n"
    )
    done = transformed({"app__db": DB, "app__main": text}, applications)

    assert [each.rule for each in done.left] == ["engine/disposed-on-shutdown"]
    assert "lifespan=" not in done.after.texts["app/main.py"]


def test_an_engine_that_somebody_disposes_of_is_left_alone() -> None:
    text = """
        from contextlib import asynccontextmanager

        from fastapi import FastAPI

        from app.db import engine


        @asynccontextmanager
        async def lifespan(app: FastAPI):
            yield
            await engine.dispose()


        app = FastAPI(lifespan=lifespan)
        """

    assert main_after(text).count("dispose") == 1


def test_what_imports_in_a_circle_is_imported_when_it_starts() -> None:
    done = transformed(
        {
            "app__main": "from fastapi import FastAPI\n\napp = FastAPI()\nimport app.db\n",
            "app__db": "from app.main import app\n" + "\n".join(DB.strip().splitlines()[:1]) + "\n"
            "engine = create_async_engine('sqlite+aiosqlite://')\n",
        },
        applications,
    )

    assert "    from app.db import engine\n    try:\n" in done.after.texts["app/main.py"]


def test_what_gives_back_what_making_tables_gives_makes_them_in_run_sync() -> None:
    done = transformed(
        {
            "app__db": DB,
            "app__tables": "from app.db import Base, engine\n\n\nasync def make():\n"
            "    return Base.metadata.create_all(bind=engine)\n",
        },
        database,
    )

    assert (
        "    async with engine.begin() as connection:\n"
        "        return await connection.run_sync(Base.metadata.create_all)\n"
    ) in done.after.texts["app/tables.py"]


def test_tables_made_where_no_application_is_are_left() -> None:
    text = "from app.db import Base, engine\n\nBase.metadata.create_all(bind=engine)\n"
    done = transformed({"app__db": DB, "tool": text}, applications)

    assert [each.path for each in done.left] == ["tool.py"]


DEPENDENCY = """
from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

factory = async_sessionmaker()
app = FastAPI()


async def get_db():
    async with factory() as db:
        yield db
        await db.commit()


@app.get("/")
async def read(db: AsyncSession = Depends(get_db)):
    return JSONResponse({})
"""


@pytest.mark.parametrize(
    ("release", "text", "scope"),
    [
        ("0.121.0", DEPENDENCY, 'Depends(get_db, scope="function")'),
        ("0.120.0", DEPENDENCY, "Depends(get_db)"),
        ("0.121.0", DEPENDENCY.replace("JSONResponse", "StreamingResponse"), "Depends(get_db)"),
        ("0.121.0", DEPENDENCY.replace("        await db.commit()\n", ""), "Depends(get_db)"),
    ],
)
def test_what_commits_after_its_yield_does_so_before_the_response(
    tmp_path: Path, release: str, text: str, scope: str
) -> None:
    texts = {"requirements.txt": f"fastapi=={release}\n", "app/main.py": text}
    done = in_project(tmp_path, texts, lifetimes)

    assert f"db: AsyncSession = {scope}" in done.after.texts["app/main.py"]


def test_an_environment_that_does_more_with_the_engine_is_left() -> None:
    text = """
        from alembic import context

        from app.db import engine


        def run() -> None:
            with engine.connect() as connection:
                context.configure(connection=connection)
                return


        run()
        """
    done = transformed({"app__db": DB, "alembic__env": text}, lifetimes)

    assert [each.rule for each in done.left] == ["migrating/alembic-async-env"]


def test_an_environment_with_a_url_of_its_own_stays_sync() -> None:
    text = """
        from alembic import context
        from sqlalchemy import engine_from_config

        with engine_from_config({}).connect() as connection:
            context.configure(connection=connection)
            context.run_migrations()
        """
    done = transformed({"app__db": DB, "alembic__env": text}, lifetimes)

    assert done.changes == ()


def test_in_a_slice_the_function_stands_beside_the_engine_that_moves() -> None:
    before = {
        "app__db": """
            from sqlalchemy import create_engine
            from sqlalchemy.orm import Session, sessionmaker

            from app.config import settings

            engine = create_engine(settings.url)
            SessionLocal = sessionmaker(engine)


            def get_db():
                with SessionLocal() as db:
                    yield db
            """,
        **{
            f"app__{name}__router": f"""
            from fastapi import APIRouter, Depends
            from sqlalchemy.orm import Session

            from app.db import get_db

            router = APIRouter()


            @router.get("/{name}")
            def get(db: Session = Depends(get_db)) -> str:
                return db.get(str, 1)
            """
            for name in ("one", "other")
        },
    }
    done = transformed(before, *STEPS, options=Options(slices=("app/one",)))
    after = done.after.texts["app/db.py"]

    assert "\nengine = create_engine(settings.url)\n" in after
    assert "\n\n\nasync_engine = create_async_engine(async_url(settings.url))\n" in after
    assert after.index("def async_url(") < after.index("async_engine =")
    assert "from sqlalchemy import URL, create_engine, make_url\n" in after
