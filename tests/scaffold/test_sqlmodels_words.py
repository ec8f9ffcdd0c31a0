"""What is rendered for SQLModel's session says the same in its words."""

import ast
from pathlib import Path, PurePosixPath

import pytest

from async_db.scaffold import in_sqlmodels_words
from helpers.rendered import rendered, run, written

MODELS = """
from sqlmodel import Field, Relationship, SQLModel


class Base(SQLModel):
    id: int = Field(default=None, primary_key=True)


class Order(Base, table=True):
    note: str
    items: list["Item"] = Relationship()


class OrderOut(SQLModel):
    note: str
"""


def said(text: str) -> str:
    """Give a module in SQLModel's words, beside some models, as Python writes it."""
    tree = {PurePosixPath("models.py"): MODELS, PurePosixPath("own.py"): text}
    return in_sqlmodels_words(tree)[PurePosixPath("own.py")].strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("await session.scalars(statement)", "await session.exec(statement)"),
        ("await self._session.execute(statement)", "await self._session.exec(statement)"),
        (
            '(await session.execute(each, {"id": 1})).all()',
            '(await session.exec(each, params={"id": 1})).all()',
        ),
        ("await session.scalar(statement)", "await session.scalar(statement)"),
        ("await connection.execute(statement)", "await connection.execute(statement)"),
        ("lambda session: session.execute(old)", "lambda session: session.execute(old)"),
        ("async_sessionmaker(engine, **more)", None),
        ("async_sessionmaker(one, class_=two)", "async_sessionmaker(one, class_=two)"),
    ],
)
def test_what_a_session_is_asked(text: str, expected: str | None) -> None:
    module = f"from sqlalchemy.ext.asyncio import async_sessionmaker\n\n\nasync def ask(): {text}"
    asked = said(module).partition("def ask(): ")[2]
    assert asked == (expected or "async_sessionmaker(engine, **more, class_=AsyncSession)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select(Order).order_by(Order.id)", "select(Order).order_by(col(Order.id))"),
        ("select(Order.note)", "select(Order.note)"),
        ("select(Order.note, Order.id)", "select(col(Order.note), col(Order.id))"),
        ("joinedload(Order.items)", "joinedload(Order.items)"),
        ("OrderOut.note", "OrderOut.note"),
        ("order.id", "order.id"),
        ("delete(self.model).where(self.model.id == 1)", None),
    ],
)
def test_a_column_is_told_from_a_value(text: str, expected: str | None) -> None:
    expected = expected or "delete(self.model).where(col(self.model.id) == 1)"
    asked = said(f"import models\n\n\nstatement = {text}")
    assert asked.endswith(f"statement = {expected}")
    assert ("from sqlmodel import col" in asked) == ("col(" in expected)


def test_what_is_named_alike_is_imported_from_sqlmodel() -> None:
    text = """
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
"""
    assert said(text).splitlines() == [
        "from sqlmodel import select",
        "from sqlalchemy import update",
        "from sqlmodel.ext.asyncio.session import AsyncSession",
        "from sqlalchemy.orm import Session",
    ]
    made = said(f"{text}\n\nclass Own(Session):\n    pass\n")
    assert "from sqlmodel import Session" in made


def test_what_is_no_python_stays() -> None:
    path = PurePosixPath("README.md")
    assert in_sqlmodels_words({path: "await session.execute("}) == {path: "await session.execute("}


def test_only_sqlmodels_services_need_it() -> None:
    plain, own = rendered(with_="export"), rendered(with_="export", models="sqlmodel")
    assert plain.keys() == own.keys()
    pyproject = PurePosixPath("pyproject.toml")
    assert "sqlmodel" in own[pyproject]
    assert not any("sqlmodel" in text.lower() for text in plain.values())
    asked = [
        node.func.attr
        for path, text in own.items()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert "exec" in asked


def test_a_revision_knows_the_types_of_sqlmodel(tmp_path: Path) -> None:
    project = written(tmp_path / "project", database="sqlite", models="sqlmodel")
    environment = {"DATABASE_URL": "sqlite:///own.db", "PATH": ""}
    run(project, "alembic", "upgrade", "head", **environment)
    models = project / "app/orders/models.py"
    note = "    note: str | None = None\n"
    changed = models.read_text().replace(note, f"{note}    place: str | None = None\n")
    models.write_text(changed)
    run(project, "alembic", "revision", "--autogenerate", "-m", "place", **environment)
    (revision,) = project.glob("migrations/versions/*_place.py")
    assert "AutoString" in revision.read_text()
    run(project, "alembic", "upgrade", "head", **environment)
    run(project, "alembic", "check", **environment)
