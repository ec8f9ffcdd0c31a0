"""Layers go into services as people have them: all tests pass afterwards, and types are no worse."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import pytest

from async_db.scaffold import Given
from helpers.houses import (
    NAMES,
    check_types,
    house,
    job,
    layers_for,
    run_code,
    run_its_tests,
    written_into,
)

OF_THE_LAYERS = {"plain": 34, "manager": 34, "modern-di": 34, "tenancy": 37, "replica": 34}
"""How many tests they bring along."""


@pytest.mark.postgres
def test_every_layer_goes_in(
    tmp_path: Path,
    name: str,
    different: str,
    types_cache: Path,
    new_database: Callable[[], str],
) -> None:
    target = house(tmp_path, name)
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    layers, given = layers_for(different)
    done = written_into(target, *layers, given=given)
    assert {path: path.read_bytes() for path in before} == before
    assert not done.missing
    on_postgresql = done.options["database"] != "sqlite"
    said = run_its_tests(target, new_database() if on_postgresql else "")
    (passed,) = re.findall(r"(\d+) passed", said)
    assert int(passed) > OF_THE_LAYERS.get(different, 36), said  # and the service's own
    assert "session.exec()" not in said  # which SQLModel says of what is not its own
    check_types(target, types_cache)


@pytest.mark.parametrize("name", NAMES)
def test_a_second_time_changes_nothing(tmp_path: Path, name: str) -> None:
    target = house(tmp_path, name)
    layers, given = layers_for("outbox")
    first = written_into(target, *layers, given=given)
    again = job(target, *layers, given=given)
    assert [file.path for file in again.plan.files] == [
        file.path for file in first.plan.files if file.after
    ] or again.plan.files
    assert {file.action for file in again.plan.files} == {"unchanged"}


@pytest.mark.parametrize("name", NAMES)
def test_layers_may_come_one_by_one(tmp_path: Path, name: str) -> None:
    at_once, one_by_one = house(tmp_path / "a", name), house(tmp_path / "b", name)
    written_into(at_once, "settings", "engine", "session", "repository")
    for layer in ("engine", "settings", "session", "repository"):
        written_into(one_by_one, layer)
    assert contents(one_by_one) == contents(at_once)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_layer_brings_what_it_imports(tmp_path: Path) -> None:
    done = job(house(tmp_path, "full_stack"), "session")
    assert done.missing == ()
    assert done.notes[:2] == (
        "engine comes along: it is imported, and not there",
        "settings comes along: it is imported, and not there",
    )


def test_code_has_the_form_of_the_project(tmp_path: Path) -> None:
    wide, narrow = house(tmp_path, "full_stack"), house(tmp_path, "src_layout")
    written_into(wide, "engine")
    written_into(narrow, "engine")
    text = (wide / "app/db/settings.py").read_text()
    assert "env_file='../.env'" in text
    assert "Field(default=False, description='Whether" in text
    assert "        default=False,\n" in (narrow / "src/acme/database/settings.py").read_text()


def test_sessions_of_a_sqlmodel_project_are_sqlmodels(tmp_path: Path) -> None:
    target = house(tmp_path, "sqlmodel")
    written_into(target, "session", "repository", "health")
    program = """
import asyncio
from sqlmodel import Field, SQLModel, select
from heroes.db.engine import open_database
from heroes.db.health import Readiness
from heroes.db.reading_session import WriteRefused
from heroes.db.repository import Repository
from heroes.db.settings import database_settings
from heroes.models import Hero

class Heroes(Repository[Hero]):
    model = Hero

async def main():
    async with open_database(database_settings()) as database:
        async with database.engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
        async with database.sessions.begin() as session:
            await Heroes(session).add(Hero(name="Ann"))
            print((await session.exec(select(Hero.name))).all())
        async with database.reading() as session:
            print([hero.name for hero in await Heroes(session).page(limit=5)])
            session.add(Hero(name="no"))
            try:
                await session.exec(select(Hero))
            except WriteRefused:
                print("refused")
        print(await Readiness(database).missing_tables())

asyncio.run(main())
"""
    assert run_code(target, program) == "['Ann']\n['Ann']\nrefused\n[]\n"


# --- what is done by hand ----------------------------------------------------------------------


def test_what_is_pasted_serves_requests(tmp_path: Path) -> None:
    target = house(tmp_path, "flat")
    done = written_into(target, "engine", "settings", "session")
    work = {each.kind: each for each in done.by_hand}
    assert work["lifespan"].where == "app/main.py:10"
    main = target / "app/main.py"
    pasted = work["lifespan"].code.replace(
        "app = FastAPI(lifespan=lifespan)", 'app = FastAPI(title="flat", lifespan=lifespan)'
    )
    text = main.read_text().replace('app = FastAPI(title="flat")', pasted)
    text += (
        "\n\nfrom app.db.session import SessionDep\n\n\n"
        '@app.post("/async")\nasync def add(session: SessionDep) -> None:\n'
        '    session.add(Order(title="new"))\n'
    )
    main.write_text(text)
    (target / "requirements.txt").write_text(
        "fastapi>=0.121.1\nsqlalchemy[asyncio]\npydantic-settings\naiosqlite\npytest-asyncio\nhttpx\n"
    )
    (target / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    after = job(target, "engine", "settings", "session")
    assert {each.kind: each.done for each in after.by_hand} == {
        "lifespan": True,
        "settings": True,
        "packages": True,
        "pytest": True,
        "dependencies": None,
    }
    program = (
        "import warnings\n"
        "warnings.filterwarnings('ignore', module='fastapi.testclient')\n"
        "warnings.filterwarnings('ignore', message='.*starlette.testclient')\n"
        "from fastapi.testclient import TestClient\n"
        "from app.database import Base, engine\nfrom app.main import app\n"
        "Base.metadata.create_all(engine)\n"
        "with TestClient(app) as client:\n"
        "    print(client.post('/async').status_code, client.get('/orders').json())\n"
        "engine.dispose()\n"
    )
    assert run_code(target, program) == "200 ['new']\n"


@pytest.mark.parametrize("wiring", ["manager", "modern-di"])
def test_what_is_pasted_serves_requests_in_every_wiring(tmp_path: Path, wiring: str) -> None:
    target = house(tmp_path, "flat")
    given = Given(options={"wiring": wiring, "model": "Shipment"})
    done = written_into(target, "models", "routes", given=given)
    work = {each.kind: each for each in done.by_hand}
    main = target / "app/main.py"
    text = main.read_text().replace('app = FastAPI(title="flat")', work["lifespan"].code)
    main.write_text(f"{text}\n\n{work['errors'].code}\n\n{work['routes'].code}\n")
    layers = ("engine", "session", "errors", "models", "routes")
    after = {each.kind: each.done for each in job(target, *layers, given=given).by_hand}
    assert (after["lifespan"], after["errors"], after["routes"]) == (True, True, True)
    program = (
        "import warnings\n"
        "warnings.filterwarnings('ignore', module='fastapi.testclient')\n"
        "warnings.filterwarnings('ignore', message='.*starlette.testclient')\n"
        "from fastapi.testclient import TestClient\n"
        "from app.database import Base, engine\nfrom app.main import app\n"
        "Base.metadata.create_all(engine)\n"
        "with TestClient(app) as client:\n"
        "    created = client.post('/shipments', json={'reference': 'A'})\n"
        "    print(created.status_code, client.get('/shipments').json()['rows'][0]['reference'])\n"
        "    print(client.post('/shipments', json={'reference': 'A'}).json()['fields'])\n"
        "engine.dispose()\n"
    )
    assert run_code(target, program) == "201 A\n['reference']\n"


def test_a_new_model_is_told_where_a_history_is(tmp_path: Path) -> None:
    done = job(house(tmp_path, "full_stack"), "models", given=Given(options={"model": "Parcel"}))
    (work,) = [each for each in done.by_hand if each.kind == "migration"]
    assert (work.where, work.done) == ("app/alembic/", None)
    assert "app.models.parcel" in work.why


def test_where_a_new_model_comes_to_is_said(tmp_path: Path) -> None:
    target = house(tmp_path, "full_stack")
    parcel = {"model": "Parcel"}
    read = {
        each.option: each.value
        for each in job(target, "routes", given=Given(options=parcel)).assumed
    }
    assert (read["--feature"], read["--model-module"]) == ("app.parcels", "app.models.parcel")
    said = Given(options=parcel, feature="app.api.parcels", model_module="app.models.sent")
    paths = {str(file.path) for file in job(target, "routes", given=said).plan.files}
    assert {"app/api/parcels/routes.py", "app/models/sent.py"} <= paths
    assert not paths & {"app/parcels/routes.py", "app/models/parcel.py"}


def test_a_lifespan_that_is_there_keeps_what_it_yields(tmp_path: Path) -> None:
    done = job(house(tmp_path, "with_state"), "engine", "settings", "health")
    (work,) = [each for each in done.by_hand if each.kind == "lifespan"]
    assert work.where == "ledger/web/app.py:20"
    assert "from ledger.infrastructure.db.async_engine import open_database" in work.code
    last = work.code.splitlines()[-1].strip()
    assert last.startswith("yield ")
    yielded = ast.parse(last.removeprefix("yield "), mode="eval").body
    assert isinstance(yielded, ast.Dict)
    keys = [each.value for each in yielded.keys if isinstance(each, ast.Constant)]
    assert keys == ["engine", "database", "readiness", "settings"]


def test_a_lifespan_that_opens_the_database_is_no_layer(tmp_path: Path) -> None:
    target = house(tmp_path, "with_state")
    done = written_into(target, "engine")
    (work,) = [each for each in done.by_hand if each.kind == "lifespan"]
    imports, _, body = work.code.partition("# in lifespan, for its `yield`:\n")
    app = target / "ledger/web/app.py"
    text = app.read_text().replace(
        '        yield {"engine": engine}\n', indent(body, "    ") + "\n"
    )
    # As people import it, with its class for the annotation of the state.
    imports = imports.replace("import open_database", "import Database, open_database")
    app.write_text(
        imports
        + text.replace("engine: AsyncEngine\n", "engine: AsyncEngine\n    database: Database\n")
    )
    after = job(target, "engine")
    assert [each.done for each in after.by_hand if each.kind == "lifespan"] == [True]
    assert {file.action for file in after.plan.files} == {"unchanged"}
    program = "import asyncio\nfrom ledger.web.app import lifespan\n" + (
        "async def main():\n    async with lifespan(None) as state:\n"
        "        print(sorted(state), type(state['database']).__name__)\nasyncio.run(main())\n"
    )
    assert run_code(target, program) == "['database', 'engine'] Database\n"


def test_what_a_lifespan_replaces_is_called_in_it(tmp_path: Path) -> None:
    done = job(house(tmp_path, "of_old"), "engine")
    (work,) = [each for each in done.by_hand if each.kind == "lifespan"]
    assert "        startup()\n        yield" in work.code
    assert "on_event does nothing beside a lifespan" in work.code


def test_where_the_old_dependency_is_used(tmp_path: Path) -> None:
    target = house(tmp_path, "full_stack")
    beside, replaced = (
        [
            each
            for each in job(target, "session", replacing=asked).by_hand
            if each.kind == "replaced"
        ]
        for asked in (False, True)
    )
    assert beside == []
    assert [(each.where, each.done) for each in replaced] == [("app.api.deps:get_db", False)]
    assert "app/api/deps.py:15" in replaced[0].why
    assert replaced[0].code == (
        "from app.db.async_session import SessionDep\n\n# app/api/deps.py:15\n"
        "-Annotated[Session, Depends(get_db)]\n+SessionDep"
    )


def test_what_commits_by_itself_is_named(tmp_path: Path) -> None:
    target = house(tmp_path, "flat")
    main = target / "app/main.py"
    main.write_text(
        f"{main.read_text()}\n\n@app.post('/again')\n"
        "def again(db: Session = Depends(get_db)) -> None:\n    db.commit()\n"
    )
    line = len(main.read_text().splitlines())
    done = job(target, "session", replacing=True)
    (replaced,) = [each for each in done.by_hand if each.kind == "replaced"]
    assert (
        f"# app/main.py:{line - 1}\n-db: Session = Depends(get_db)\n+db: SessionDep"
        in replaced.code
    )
    assert f"as SessionDep commits: app/main.py:17, app/main.py:{line}" in replaced.code
