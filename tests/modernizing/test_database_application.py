"""Where the database starts and ends: lifespans, when a dependency ends, Alembic, requirements."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from async_db.modernizing import Modernization, Options, Sources, StepFunction, modernize
from async_db.modernizing.steps.database import applications, lifetimes, requirements
from helpers.modernizing import check_transformed, originals_of, transformed
from helpers.served import write_files

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


@pytest.mark.parametrize(
    "registered",
    [
        'app.add_event_handler("startup", print)',
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


def in_project(
    folder: Path, texts: Mapping[str, str], *steps: StepFunction, unsafe: bool = False
) -> Modernization:
    """Take steps in a project on disk, whose declared releases are read."""
    write_files(folder, texts)
    sources = Sources(folder, texts, {path: text.encode() for path, text in texts.items()})
    done = modernize(sources, Options(unsafe=unsafe), steps)
    again = modernize(
        Sources(folder, done.after.texts, originals_of(done.after)), Options(unsafe=unsafe), steps
    )
    assert again.after.texts == done.after.texts
    return done


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


URL = (
    'from sqlalchemy.ext.asyncio import create_async_engine\n\nengine = create_async_engine("{}")\n'
)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (
            "requirements.txt",
            "fastapi\nSQLAlchemy==2.0.41  # pinned\nsqlalchemy-utils\n",
            "fastapi\nSQLAlchemy[asyncio]==2.0.41  # pinned\nasyncpg>=0.31\nsqlalchemy-utils\n",
        ),
        (
            "requirements.txt",
            "sqlalchemy[mypy]>=2.0,<3; python_version > '3'",
            "sqlalchemy[mypy,asyncio]>=2.0,<3; python_version > '3'\nasyncpg>=0.31\n",
        ),
        (
            "pyproject.toml",
            '[project]\ndependencies = [\n    "sqlalchemy>=2.0",  # why\n    "x[sqlalchemy]",\n]\n',
            (
                '[project]\ndependencies = [\n    "sqlalchemy[asyncio]>=2.0",  # why\n'
                '    "asyncpg>=0.31",\n    "x[sqlalchemy]",\n]\n'
            ),
        ),
        (
            "pyproject.toml",
            '[project]\ndependencies = ["sqlalchemy>=2.0", "fastapi"]\n',
            '[project]\ndependencies = ["sqlalchemy[asyncio]>=2.0", "asyncpg>=0.31", "fastapi"]\n',
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nx = { extras = ["sqlalchemy"], version = "1" }\nSQLAlchemy = "^2.0"\n',
            (
                '[tool.poetry.dependencies]\nx = { extras = ["sqlalchemy"], version = "1" }\n'
                'SQLAlchemy = { version = "^2.0", extras = ["asyncio"] }\nasyncpg = ">=0.31"\n'
            ),
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nsqlalchemy = { version = "^2.0", extras = ["mypy"] }\nasyncpg = "*"\n',
            '[tool.poetry.dependencies]\nsqlalchemy = { version = "^2.0", extras = ["mypy", "asyncio"] }\nasyncpg = "*"\n',
        ),
        (
            "pyproject.toml",
            '[project]\ndependencies = [\n  "sqlmodel>=0.0.20"\n]\n',
            '[project]\ndependencies = [\n  "sqlmodel>=0.0.20",\n  "sqlalchemy[asyncio]>=2.0.40",\n  "asyncpg>=0.31",\n]\n',
        ),
    ],
)
def test_requirements(tmp_path: Path, path: str, before: str, after: str) -> None:
    texts = {path: before, "app/main.py": URL.format("postgresql+asyncpg://a/b")}
    done = in_project(tmp_path, texts, requirements)

    assert done.after.texts[path] == after
    assert done.left == ()


def test_what_only_tests_connect_by_stands_beside_pytest(tmp_path: Path) -> None:
    texts = {
        "pyproject.toml": '[project]\ndependencies = ["sqlalchemy"]\n\n'
        '[dependency-groups]\ndev = ["pytest>=8", "ruff"]\n',
        "app/main.py": URL.format("postgresql+asyncpg://a/b"),
        "tests/test_it.py": URL.format("sqlite+aiosqlite://"),
    }
    done = in_project(tmp_path, texts, requirements)

    assert 'dev = ["pytest>=8", "aiosqlite>=0.20", "ruff"]' in done.after.texts["pyproject.toml"]
    assert '["sqlalchemy[asyncio]", "asyncpg>=0.31"]' in done.after.texts["pyproject.toml"]


def test_psycopg_needs_no_other_driver(tmp_path: Path) -> None:
    texts = {
        "requirements.txt": "sqlalchemy\npsycopg[binary]\n",
        "app/main.py": URL.format("postgresql+psycopg://a/b"),
    }
    done = in_project(tmp_path, texts, requirements)

    assert done.after.texts["requirements.txt"] == "sqlalchemy[asyncio]\npsycopg[binary]\n"


def test_a_file_of_hashes_is_compiled_by_a_person(tmp_path: Path) -> None:
    texts = {
        "requirements.txt": "sqlalchemy==2.0.41 \\\n    --hash=sha256:0\n",
        "app/main.py": URL.format("postgresql+asyncpg://a/b"),
    }
    done = in_project(tmp_path, texts, requirements)

    assert done.after.texts["requirements.txt"] == texts["requirements.txt"]
    assert [each.path for each in done.left] == ["requirements.txt"]


@pytest.mark.parametrize("unsafe", [False, True])
def test_an_old_release_is_told_and_raised_where_that_is_asked_for(
    tmp_path: Path, *, unsafe: bool
) -> None:
    texts = {
        "requirements.txt": "sqlalchemy==1.4.54\nasyncpg\n",
        "app/main.py": URL.format("postgresql+asyncpg://a/b"),
    }
    done = in_project(tmp_path, texts, requirements, unsafe=unsafe)

    bounds = ">=2.0.40" if unsafe else "==1.4.54"
    assert done.after.texts["requirements.txt"] == f"sqlalchemy[asyncio]{bounds}\nasyncpg\n"
    assert {each.grade for each in done.changes if each.reason} == {
        "unsafe" if unsafe else "withheld"
    }
