"""What tests give in the place of the service's objects is awaited as those are."""

import textwrap

from async_db.modernizing import Options
from async_db.modernizing.steps.propagation import propagation
from async_db.records import Edge
from helpers.modernizing import check_transformed, transformed

SERVICE = """
    from dataclasses import dataclass
    from typing import Protocol

    from sqlalchemy.orm import Session

    class Orders(Protocol):
        def find(self, key: int) -> str | None: ...

        def total(self) -> int: ...

    class Stored:
        def __init__(self, db: Session) -> None:
            self.db = db

        def find(self, key: int) -> str | None:
            return self.db.get(str, key)

    class SqlOrders(Stored):
        def total(self) -> int:
            return self.db.scalar(1)

    @dataclass
    class Show:
        orders: Orders

        def __call__(self, key: int) -> str:
            return self.orders.find(key) or "none"
    """
MOVED = """
    from dataclasses import dataclass
    from typing import Protocol

    from sqlalchemy.orm import Session

    class Orders(Protocol):
        async def find(self, key: int) -> str | None: ...

        async def total(self) -> int: ...

    class Stored:
        def __init__(self, db: Session) -> None:
            self.db = db

        async def find(self, key: int) -> str | None:
            return await self.db.get(str, key)

    class SqlOrders(Stored):
        async def total(self) -> int:
            return await self.db.scalar(1)

    @dataclass
    class Show:
        orders: Orders

        async def __call__(self, key: int) -> str:
            return await self.orders.find(key) or "none"
    """


def test_an_object_given_for_a_field_whose_port_moves() -> None:
    check_transformed(
        {
            "app__orders": SERVICE,
            "tests__test_orders": """
                from app.orders import Show

                class NoOrders:
                    def find(self, key):
                        return None

                class Alike:
                    def find(self, key):
                        return None

                def test_none():
                    assert Show(NoOrders())(1) == "none"
                    assert Alike().find(1) is None
                """,
        },
        {
            "app__orders": MOVED,
            "tests__test_orders": """
                from app.orders import Show

                class NoOrders:
                    async def find(self, key):
                        return None

                class Alike:
                    def find(self, key):
                        return None

                async def test_none():
                    assert await Show(NoOrders())(1) == "none"
                    assert Alike().find(1) is None
                """,
        },
        propagation,
    )


def test_an_object_that_overrides_a_dependency() -> None:
    check_transformed(
        {
            "app__orders": SERVICE,
            "app__routes": """
                from fastapi import FastAPI

                from app.orders import SqlOrders

                app = FastAPI()

                def get_orders() -> SqlOrders:
                    return SqlOrders(None)
                """,
            "tests__test_routes": """
                from app.routes import app, get_orders

                class Three:
                    def total(self):
                        return 3

                class Four(Three):
                    pass

                def test_three():
                    app.dependency_overrides[get_orders] = lambda: Three()

                def test_four():
                    app.dependency_overrides[get_orders] = Four
                """,
        },
        {
            "app__orders": MOVED,
            "tests__test_routes": """
                from app.routes import app, get_orders

                class Three:
                    async def total(self):
                        return 3

                class Four(Three):
                    pass

                def test_three():
                    app.dependency_overrides[get_orders] = lambda: Three()

                def test_four():
                    app.dependency_overrides[get_orders] = Four
                """,
        },
        propagation,
    )


def test_a_function_goes_by_another_name() -> None:
    check_transformed(
        {
            "app__orders": SERVICE,
            "app__wiring": """
                from app.orders import Show, SqlOrders

                class Container:
                    def __init__(self, orders: SqlOrders) -> None:
                        self.orders = orders

                    def show(self) -> Show:
                        return Show(self.orders)

                def shown(container: Container) -> str:
                    find = container.orders.find
                    find(1)
                    return container.show()(1)
                """,
            "tests__test_orders": """
                import pytest
                from sqlalchemy.orm import Session

                @pytest.fixture
                def make_order(db: Session):
                    def make(name):
                        db.flush()
                        return name

                    return make

                def test_order(make_order):
                    assert make_order("a").upper() == "A"
                """,
        },
        {
            "app__orders": MOVED,
            "app__wiring": """
                from app.orders import Show, SqlOrders

                class Container:
                    def __init__(self, orders: SqlOrders) -> None:
                        self.orders = orders

                    def show(self) -> Show:
                        return Show(self.orders)

                async def shown(container: Container) -> str:
                    find = container.orders.find
                    await find(1)
                    return await container.show()(1)
                """,
            "tests__test_orders": """
                import pytest
                from sqlalchemy.orm import Session

                @pytest.fixture
                def make_order(db: Session):
                    async def make(name):
                        await db.flush()
                        return name

                    return make

                async def test_order(make_order):
                    assert (await make_order("a")).upper() == "A"
                """,
        },
        propagation,
    )


PORT = """
    from typing import Protocol

    from sqlalchemy.orm import Session

    class Members(Protocol):
        def belongs(self, user: int) -> bool: ...

        def invited(self, user: int) -> bool: ...

    class SqlMembers:
        def __init__(self, db: Session) -> None:
            self.db = db

        def belongs(self, user: int) -> bool:
            return self.db.get(str, user) is not None

    class Open:
        def __init__(self, members: Members) -> None:
            self.members = members

        def __call__(self, user: int) -> str:
            return self.one(user) if self.members.belongs(user) else ""

        def one(self, user: int) -> str:
            allowed = self.members.belongs(user)
            return "yes" if allowed else "no"
    """


def test_a_port_of_which_nobody_has_all_methods_moves_by_a_record() -> None:
    edges = _edges("app/doors.py", PORT, "self.members.belongs(user)", "SqlMembers.belongs")
    done = transformed({"app__doors": PORT}, propagation, options=Options(edges=edges[:1]))
    text = done.after.texts["app/doors.py"]
    assert text.count("await self.members.belongs(user)") == 2
    assert text.count("async def belongs") == 2
    assert "    def invited" in text


TRACING = """
    import functools
    import inspect

    from sqlalchemy.orm import Session

    def traced(function):
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args):
                return await function(*args)

            return awaited

        @functools.wraps(function)
        def called(*args):
            return function(*args)

        setattr(called, "traced", True)
        return called

    @traced
    def read(db: Session) -> str:
        return db.get(str, 1)

    @traced
    def double(number: int) -> int:
        return 2 * number
    """


def test_a_decorator_that_serves_both_worlds_stays() -> None:
    edges = _edges("app/doors.py", TRACING, "return function(*args)", "read")
    done = transformed({"app__doors": TRACING}, propagation, options=Options(edges=edges))
    text = done.after.texts["app/doors.py"]
    assert "        def called(*args):\n            return function(*args)" in _indented(text)
    assert "async def read(db: Session)" in text
    assert not done.left


def test_a_migration_stays_whatever_a_record_says() -> None:
    before = """
        from alembic import context
        from sqlalchemy import engine_from_config

        def run(configuration):
            with engine_from_config(configuration).connect() as connection:
                context.configure(connection=connection)
        """
    edges = _edges(
        "migrations/env.py", before, ".connect()", "sqlalchemy.engine.Engine.connect", library=True
    )
    done = transformed({"migrations__env": before}, propagation, options=Options(edges=edges))
    assert not done.changes


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ", lambda line: bool(line.strip()))


def _edges(
    path: str, text: str, call: str, callee: str, *, library: bool = False
) -> tuple[Edge, ...]:
    """Say of the lines that have a call what it runs there."""
    lines = textwrap.dedent(text).lstrip("\n").splitlines()
    found = [
        (number, line.index(call) + len(call))
        for number, line in enumerate(lines, 1)
        if call in line
    ]
    assert found
    return tuple(Edge(path, end, callee, "" if library else path, "recorded") for end in found)
