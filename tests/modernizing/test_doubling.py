"""What tests give in the place of the service's objects is awaited as those are."""

from async_db.modernizing.steps.propagation import propagation
from helpers.modernizing import check_transformed

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
