"""A slice moves, and what it shares with what stays is there twice."""

from async_db.modernizing import Options
from async_db.modernizing.steps.propagation import propagation
from async_db.modernizing.steps.slicing import slicing, twin_name
from helpers.modernizing import check_transformed, transformed

SERVICE = {
    "app__db": """
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session, sessionmaker

        SessionLocal = sessionmaker(create_engine("sqlite://"))

        def get_db():
            with SessionLocal() as db:
                yield db
        """,
    "app__users": """
        from fastapi import Depends
        from sqlalchemy.orm import Session

        from app.db import get_db

        class Users:
            def __init__(self, db: Session) -> None:
                self.db = db

            def find(self, key: int) -> str:
                return self.db.get(str, key)

        def get_users(db: Session = Depends(get_db)) -> Users:
            return Users(db)
        """,
    "app__orders__router": """
        from fastapi import APIRouter, Depends

        from app.users import Users, get_users

        router = APIRouter()

        @router.get("/orders")
        def orders(users: Users = Depends(get_users)) -> str:
            return users.find(1)
        """,
    "app__people__router": """
        from fastapi import APIRouter, Depends

        from app.users import Users, get_users

        router = APIRouter()

        @router.get("/people")
        def people(users: Users = Depends(get_users)) -> str:
            return users.find(1)
        """,
    "app__main": """
        from fastapi import FastAPI

        from app.orders.router import router as orders
        from app.people.router import router as people

        app = FastAPI()
        app.include_router(orders)
        app.include_router(people)
        """,
}
MOVED = {
    "app__db": """
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session, sessionmaker

        SessionLocal = sessionmaker(create_engine("sqlite://"))
        AsyncSessionLocal = sessionmaker(create_engine("sqlite://"))

        def get_db():
            with SessionLocal() as db:
                yield db


        async def async_get_db():
            async with AsyncSessionLocal() as db:
                yield db
        """,
    "app__users": """
        from fastapi import Depends
        from sqlalchemy.orm import Session

        from app.db import async_get_db, get_db

        class Users:
            def __init__(self, db: Session) -> None:
                self.db = db

            def find(self, key: int) -> str:
                return self.db.get(str, key)


        class AsyncUsers:
            def __init__(self, db: Session) -> None:
                self.db = db

            async def find(self, key: int) -> str:
                return await self.db.get(str, key)

        def get_users(db: Session = Depends(get_db)) -> Users:
            return Users(db)


        async def async_get_users(db: Session = Depends(async_get_db)) -> AsyncUsers:
            return AsyncUsers(db)
        """,
    "app__orders__router": """
        from fastapi import APIRouter, Depends

        from app.users import AsyncUsers, async_get_users

        router = APIRouter()

        @router.get("/orders")
        async def orders(users: AsyncUsers = Depends(async_get_users)) -> str:
            return await users.find(1)
        """,
}
SLICE = Options(slices=("app/orders",))


def test_what_both_worlds_need_is_there_twice() -> None:
    done = check_transformed(SERVICE, MOVED, slicing, propagation, options=SLICE)
    assert not done.left
    assert done.counts["copy"] == 4


def test_what_the_slice_alone_needs_moves_where_it_is() -> None:
    service = {name: text for name, text in SERVICE.items() if "people" not in name}
    service["app__main"] = SERVICE["app__main"].replace("people", "orders")
    done = transformed(service, slicing, propagation, options=SLICE)
    assert done.counts["copy"] == 0
    assert "async def find" in done.after.texts["app/users.py"]
    assert "class AsyncUsers" not in done.after.texts["app/users.py"]


def test_a_mapped_class_is_never_copied() -> None:
    service = {
        **SERVICE,
        "app__users": """
            from fastapi import Depends
            from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

            from app.db import get_db

            class Base(DeclarativeBase):
                pass

            class Users(Base):
                __tablename__ = "users"
                id: Mapped[int] = mapped_column(primary_key=True)

                def find(self, db: Session) -> "Users":
                    return db.get(Users, 1)

            def get_users(db: Session = Depends(get_db)) -> Users:
                return Users().find(db)
            """,
    }
    done = transformed(service, slicing, propagation, options=SLICE)
    assert [each.reason for each in done.left if each.rule == "migrating/slice-by-slice"] == [
        "Users is needed by what moves and by what stays: take the session out of it"
    ]
    assert done.after.texts["app/users.py"].count("__tablename__") == 1


def test_an_override_of_what_is_there_twice_is_told() -> None:
    service = {
        **SERVICE,
        "tests__conftest": """
            import pytest
            from fastapi.testclient import TestClient

            from app.db import get_db
            from app.main import app

            @pytest.fixture
            def client():
                app.dependency_overrides[get_db] = lambda: None
                with TestClient(app) as client:
                    yield client
            """,
        "tests__test_orders": """
            def test_orders(client) -> None:
                assert client.get("/orders").status_code == 200
            """,
    }
    done = transformed(service, slicing, propagation, options=SLICE)
    assert [each.reason for each in done.left] == [
        (
            "what moved depends on async_get_db: override it too, by an async engine on the same "
            "database"
        )
    ]
    assert "async def test_orders" not in done.after.texts["tests/test_orders.py"]


DOUBLES = """
    from app.main import app
    from app.users import Users, get_users

    class Few:
        def find(self, key):
            return "Ada"

    def test_orders(client) -> None:
        app.dependency_overrides[get_orders_users] = lambda: Few()
        assert client.get("/orders").status_code == 200
    """


def _with_double(test: str) -> dict[str, str]:
    orders = SERVICE["app__orders__router"]
    own = """
        def get_orders_users(users: Users = Depends(get_users)) -> Users:
            return users

        @router.get("/orders")
        def orders(users: Users = Depends(get_orders_users)) -> str:
            return users.find(1)
        """
    head = orders[: orders.index("        @router")]
    test = test.replace(
        "import app\n", "import app\n    from app.orders.router import get_orders_users\n", 1
    )
    return {**SERVICE, "app__orders__router": head + own.lstrip("\n"), "tests__test_orders": test}


def test_a_double_of_what_moves_moves_with_it() -> None:
    done = transformed(_with_double(DOUBLES), slicing, propagation, options=SLICE)
    assert "    async def find(self, key):" in done.after.texts["tests/test_orders.py"]
    assert not done.left


def test_a_double_of_both_worlds_is_told() -> None:
    both = (
        DOUBLES
        + """
    def test_people(client) -> None:
        app.dependency_overrides[get_users] = lambda: Few()
        assert client.get("/people").status_code == 200
    """
    )
    done = transformed(_with_double(both), slicing, propagation, options=SLICE)
    assert "    def find(self, key):" in done.after.texts["tests/test_orders.py"]
    assert "it stands in for what moved and for what stays: write an async one beside it" in {
        each.reason for each in done.left
    }


def test_names_of_copies() -> None:
    names = ("get_db", "_engine", "Orders", "_Orders", "SessionLocal", "DB")
    assert [twin_name(name) for name in names] == [
        *("async_get_db", "_async_engine", "AsyncOrders", "_AsyncOrders"),
        *("AsyncSessionLocal", "ASYNC_DB"),
    ]
