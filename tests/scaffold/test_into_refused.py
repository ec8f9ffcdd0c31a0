"""What must not happen to a service that a layer goes into: it is refused, with the way out."""

import re
from pathlib import Path

import pytest

from async_db.scaffold import Given, OptionError, WriteError, write
from helpers.houses import (
    house,
    job,
    run_code,
    written_into,
)


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("app.database", "app/database/ would hide app/database.py"),
        ("app.models", "app/models/ would hide app/models.py"),
    ],
)
def test_no_module_is_hidden(tmp_path: Path, place: str, why: str) -> None:
    with pytest.raises(WriteError, match=f"{why}.*choose another --place"):
        job(house(tmp_path, "flat"), "engine", given=Given(place=place))


def test_no_package_is_hidden(tmp_path: Path) -> None:
    target = house(tmp_path, "flat")
    package = target / "app/persistence/settings"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("X = 1\n")
    with pytest.raises(WriteError, match=r"settings\.py would stand beside the package"):
        job(target, "settings", given=Given(place="app.persistence"))


@pytest.mark.parametrize("layer", ["application", "project"])
def test_what_is_the_examples_is_refused_with_the_way_out(tmp_path: Path, layer: str) -> None:
    with pytest.raises(OptionError, match=f"{layer} does not go into a project with code"):
        job(house(tmp_path, "flat"), layer)


def test_a_base_is_not_added_to_one_that_is_there(tmp_path: Path) -> None:
    target = house(tmp_path, "flat")
    done = job(target, "base")
    assert done.plan.files == ()
    assert done.notes == ("models inherit from app.database:Base: no other base is added",)
    asked = job(target, "base", given=Given(base="new"))
    assert [str(file.path) for file in asked.plan.files] == [
        "app/db/base.py",
        "app/db/column_types.py",
    ]


def test_migrations_are_of_the_projects_own_models(tmp_path: Path) -> None:
    target = house(tmp_path, "by_domain")
    written_into(target, "engine", "settings", "migrations")
    assert not list(target.glob("migrations/versions/*"))
    (target / "alembic.ini").read_text().index("script_location = %(here)s/migrations")
    code = (
        "from alembic import command\nfrom alembic.config import Config\n"
        "config = Config('alembic.ini')\n"
        "command.revision(config, 'first', autogenerate=True)\ncommand.upgrade(config, 'head')\n"
        "command.check(config)\n"
    )
    assert "No new upgrade operations detected" in run_code(target, code)
    (revision,) = target.glob("migrations/versions/*.py")
    assert 'create_table(\n        "posts"' in revision.read_text().replace("'", '"') or (
        "create_table('posts'" in revision.read_text()
    )


def test_a_history_is_kept(tmp_path: Path) -> None:
    target = house(tmp_path, "full_stack")
    written_into(target, "engine")
    done = job(target, "migrations")
    assert [str(file.path) for file in done.plan.files] == ["app/alembic/env.py"]
    assert "app/alembic/ keeps its 1 revisions (head: 1a2b)" in done.notes[0]
    with pytest.raises(WriteError, match=r"would overwrite app/alembic/env\.py"):
        write(done.plan)
    assert b"app.models.user" in (done.plan.files[0].after or b"")


@pytest.mark.parametrize(
    ("options", "layer", "why"),
    [
        ({"with": "search"}, "session", "with = 'search' is about the example's own model"),
        ({}, "models", "there is a model Order in app/models.py:7: choose another --model"),
        (
            {"tenancy": "schema", "database": "postgresql"},
            "migrations",
            "render.py OUT --tenancy schema shows an env.py",
        ),
    ],
)
def test_what_does_not_go_is_told_with_the_way_out(
    tmp_path: Path, options: dict[str, str], layer: str, why: str
) -> None:
    with pytest.raises(OptionError, match=re.escape(why)):
        job(house(tmp_path, "flat"), layer, given=Given(options=options))


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ("id: Mapped[UUID] = mapped_column(primary_key=True)", "have the key 'id: UUID'"),
        ("code: Mapped[int] = mapped_column(primary_key=True)", "have the key 'code: int'"),
    ],
)
def test_a_model_on_a_base_with_another_key_is_refused(tmp_path: Path, base: str, why: str) -> None:
    (tmp_path / "main.py").write_text(
        "from uuid import UUID\nfrom fastapi import FastAPI\n"
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\napp = FastAPI()\n\n\n"
        f"class Base(DeclarativeBase):\n    {base}\n\n\n"
        "class A(Base):\n    __tablename__ = 'a'\n"
    )
    with pytest.raises(OptionError, match=f"{why}.*--base new"):
        job(tmp_path, "models")
    files = job(tmp_path, "models", "base", given=Given(base="new")).plan.files
    assert "orders/models.py" in {str(file.path) for file in files}


def test_migrations_without_models_are_refused(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    with pytest.raises(OptionError, match="migrations are of the project's own models"):
        job(tmp_path, "migrations")


def test_a_whole_service_is_not_written_over_another(tmp_path: Path) -> None:
    from async_db.scaffold import Wish, prepare
    from helpers.rendered import MANIFEST, TEMPLATES

    with pytest.raises(OptionError, match="has code of its own: name the layers"):
        prepare(TEMPLATES, MANIFEST, Wish(house(tmp_path, "flat"), True, None, Given()))
