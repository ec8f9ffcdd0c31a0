"""What is read of a project that a layer goes into."""

from pathlib import Path

import pytest

from async_db.scaffold import Given, OptionError, house_at
from async_db.scaffold.houses import House
from helpers.houses import HOUSES, NAMES

ASSUMED = {
    "by_domain": {
        "--package": "src",
        "--place": "src.db",
        "--url": "src.config:config.db.url",
        "--base": "src.database:Base",
        "--tests": "tests/database_layer",
        "--fastapi": "0.121",
        "--database": "both",
        "--line-length": "100",
    },
    "flat": {
        "--package": "app",
        "--place": "app.db",
        "--url": "app.settings.main:get_settings().database_url",
        "--base": "app.database:Base",
        "--tests": "tests/database_layer",
        "--fastapi": "0.121",
        "--database": "sqlite",
        "--line-length": "88",
    },
    "full_stack": {
        "--package": "app",
        "--place": "app.db",
        "--url": "app.core.config:settings.SQLALCHEMY_DATABASE_URI",
        "--base": "app.db.base_class:Base",
        "--tests": "app/tests/database_layer",
        "--fastapi": "0.121",
        "--database": "postgresql",
        "--line-length": "120",
    },
    "of_old": {
        "--package": "",
        "--place": "db",
        "--url": "env:DB_URL",
        "--base": "database:Base",
        "--tests": "tests/database_layer",
        "--fastapi": "0.121",
        "--database": "both",
        "--line-length": "90",
    },
    "sqlmodel": {
        "--package": "heroes",
        "--place": "heroes.db",
        "--url": "heroes.config:settings.DATABASE_URL",
        "--base": "sqlmodel:SQLModel",
        "--models": "sqlmodel",
        "--tests": "tests/database_layer",
        "--fastapi": "0.121",
        "--database": "sqlite",
        "--line-length": "88",
    },
    "src_layout": {
        "--package": "acme",
        "--place": "acme.database",
        "--url": "acme.config:settings.db_dsn",
        "--base": "acme.models.base:Base",
        "--tests": "tests/database_layer",
        "--fastapi": "0.121",
        "--database": "postgresql",
        "--line-length": "79",
    },
    "with_state": {
        "--package": "ledger",
        "--place": "ledger.infrastructure.db",
        "--url": "ledger.infrastructure.settings:load_settings().postgres_dsn",
        "--base": "ledger.infrastructure.db.tables:Model",
        "--tests": "tests/database_layer",
        "--fastapi": "0.121",
        "--database": "postgresql",
        "--line-length": "88",
    },
}


def read(name: str, given: Given | None = None) -> House:
    found = house_at(HOUSES / name, given or Given())
    assert found is not None
    return found


@pytest.mark.parametrize("name", NAMES)
def test_what_is_assumed(name: str) -> None:
    assumed = read(name).assumptions
    assert {each.option: each.value for each in assumed} == ASSUMED[name]
    assert all(each.why for each in assumed)


def test_what_is_said_is_not_assumed() -> None:
    given = Given(
        package="app",
        place="app.persistence",
        tests="checks",
        base="new",
        url="env:MAIN_URL",
        line_length=72,
        options={"database": "both", "fastapi": "0.106"},
    )
    house = read("flat", given)
    assert house.assumptions == ()
    assert (house.place, house.tests, house.style.line_length) == ("app.persistence", "checks", 72)
    assert house.base is None
    assert house.url.expression == 'os.environ["MAIN_URL"]'
    assert house.options == {"database": "both", "fastapi": "0.106"}


def test_the_models_may_be_said_to_be_others() -> None:
    assert read("sqlmodel").options["models"] == "sqlmodel"
    said = read("sqlmodel", Given(options={"models": "sqlalchemy"}))
    assert said.options["models"] == "sqlalchemy"
    assert "--models" not in [each.option for each in said.assumptions]
    assert "models" not in read("flat").options


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Given(place="app/db"), "--place 'app/db' is not an import name"),
        (Given(url="DATABASE_URL"), "--url 'DATABASE_URL': write module:expression, or env:NAME"),
        (Given(base="Base"), "--base 'Base': write module:Class, or new"),
    ],
)
def test_what_means_nothing_is_refused(given: Given, why: str) -> None:
    with pytest.raises(OptionError, match=why):
        read("flat", given)


@pytest.mark.parametrize(
    ("name", "lifespan", "yields", "events"),
    [
        ("flat", None, "", ()),
        ("of_old", None, "", ("startup()",)),
        ("sqlmodel", "heroes.main:lifespan", "", ()),
        ("with_state", "ledger.web.app:lifespan", '{"engine": engine}', ()),
    ],
)
def test_the_application(
    name: str, lifespan: str | None, yields: str, events: tuple[str, ...]
) -> None:
    application = read(name).application
    assert application is not None
    assert (str(application.lifespan) if application.lifespan else None) == lifespan
    assert (application.yields, application.events) == (yields, events)


@pytest.mark.parametrize(
    ("name", "provider", "is_async", "places"),
    [
        ("flat", "app.database:get_db", False, ("app/main.py:14", "app/main.py:22")),
        ("full_stack", "app.api.deps:get_db", False, ("app/api/deps.py:15",)),
        ("by_domain", "src.database:get_session", True, ("src/database.py:25",)),
    ],
)
def test_who_gives_sessions(
    name: str, provider: str, is_async: bool, places: tuple[str, ...]
) -> None:
    (found,) = read(name).providers
    assert (str(found.symbol), found.is_async, found.places) == (provider, is_async, places)


def test_migrations() -> None:
    alembic = read("full_stack").alembic
    assert alembic is not None
    assert (alembic.folder, alembic.heads, alembic.revisions) == ("app/alembic", ("1a2b",), 1)


def test_models() -> None:
    house = read("with_state")
    assert house.models == ("ledger.infrastructure.db.tables",)
    assert house.tables == {"entries": "ledger/infrastructure/db/tables.py:12"}
    assert house.base is not None
    assert house.base.fields == {"id", "created_at"}
    assert read("src_layout").base != read("flat").base


def test_a_house_without_code_is_none(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("soon\n")
    assert house_at(tmp_path, Given()) is None


@pytest.mark.parametrize(
    ("declared", "option", "obstacle"),
    [
        ("fastapi==0.115.2", "0.106", ""),
        ("fastapi>=0.121.1", "0.121", ""),
        ("fastapi>=0.100", "0.121", ""),
        ("fastapi==0.119.0", "0.121", "0.118 to 0.121.0 commit after the response"),
        ("fastapi==0.95.0", "0.121", "need 0.106 or newer"),
        ("fastapi\nsqlalchemy==1.4.50", "0.121", "SQLAlchemy 1.4.50 is declared: update it"),
        ("fastapi\naiomysql", "0.121", "only PostgreSQL and SQLite go"),
    ],
)
def test_releases(tmp_path: Path, declared: str, option: str, obstacle: str) -> None:
    (tmp_path / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    (tmp_path / "requirements.txt").write_text(f"{declared}\n")
    house = house_at(tmp_path, Given())
    assert house is not None
    assert house.options["fastapi"] == option
    assert [obstacle in each for each in house.obstacles] == ([True] if obstacle else [])


@pytest.mark.parametrize(
    ("given", "expression", "shown"),
    [
        ("os.environ['DB']", "os.environ['DB']", "env:DB"),
        ("os.getenv('DB', 'sqlite://')", "os.getenv('DB', 'sqlite://')", "env:DB"),
        ("str(settings.uri)", "settings.uri", "main:settings.uri"),
        ("settings.uri.replace('postgresql', 'x')", "settings.uri", "main:settings.uri"),
        ("make_url(settings.uri)", "settings.uri", "main:settings.uri"),
        ("get_url()", "str(get_url())", "main:get_url()"),
        ("URL", "URL", "main:URL"),
    ],
)
def test_what_an_engine_is_made_of(tmp_path: Path, given: str, expression: str, shown: str) -> None:
    (tmp_path / "main.py").write_text(
        "import os\nfrom pydantic_settings import BaseSettings\n"
        "from sqlalchemy import create_engine, make_url\n\n\n"
        "class Settings(BaseSettings):\n    user: str = 'me'\n    uri: str = 'sqlite://'\n\n\n"
        "settings = Settings()\nURL = f'sqlite:///{settings.user}.db'\n\n\n"
        "def get_url():\n    return URL\n\n\n"
        f"engine = create_engine({given})\n"
    )
    house = house_at(tmp_path, Given())
    assert house is not None
    assert (house.url.expression, house.url.shown) == (expression, shown)


def test_what_is_put_together_of_parts_is_none_of_them(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from pydantic_settings import BaseSettings\nfrom sqlalchemy import create_engine\n\n\n"
        "class Settings(BaseSettings):\n    user: str = 'me'\n\n\n"
        "settings = Settings()\n"
        "engine = create_engine(f'postgresql://{settings.user}@db/x')\n"
    )
    house = house_at(tmp_path, Given())
    assert house is not None
    assert house.url.shown == "env:DATABASE_URL"


def test_scripts_beside_the_service_are_not_the_service(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "scripts").mkdir()
    (tmp_path / "app/main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    (tmp_path / "scripts/load.py").write_text(
        "from sqlalchemy import create_engine\n\nengine = create_engine('sqlite://')\n"
    )
    house = house_at(tmp_path, Given())
    assert house is not None
    assert house.engines == ()


def test_what_only_a_newer_python_reads_is_read(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from fastapi import Depends, FastAPI\nfrom sqlalchemy.orm import Session\n\napp = FastAPI()\n"
        "\n\ndef get_db():\n    try:\n        yield Session()\n    except KeyError, ValueError:\n"
        "        raise\n\n\n@app.get('/')\ndef read(db: Session = Depends(get_db)):\n    return 1\n"
    )
    house = house_at(tmp_path, Given())
    assert house is not None
    (provider,) = house.providers
    assert provider.uses[0].replaced == "db: SessionDep"
