"""The plan: which slice after which, what becomes async, and what cannot."""

import ast
import re
from pathlib import Path

import pytest

from async_db.auditing import Plan, Service, plan_move
from helpers.targets import project

FILES = {
    "shop____init__": "",
    "shop__db": """
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session
        engine = create_engine("sqlite://")
        def get_session():
            with Session(engine) as session:
                yield session
    """,
    "shop__ports": """
        from typing import Protocol
        class Orders(Protocol):
            def by_number(self, number): ...
            def add_order(self, order): ...
    """,
    "shop__repository": """
        from sqlalchemy.orm import Session
        class SqlOrders:
            def __init__(self, session: Session):
                self.session = session
            def by_number(self, number):
                return self.session.get(object, number)
            def add_order(self, order):
                self.session.add(order)
                self.session.flush()
            @property
            def size(self):
                return self.session.query(object).count()
            def rank(self, order):
                return self.session.scalar(order)
            def pure(self):
                return 1
    """,
    "shop__shared": """
        from sqlalchemy.orm import Session
        def current_user(session: Session):
            return session.get(object, 1)
    """,
    "shop__reading": """
        from fastapi import APIRouter, Depends
        from sqlalchemy.orm import Session
        from shop.db import get_session
        from shop.shared import current_user
        router = APIRouter()
        @router.get("/me")
        def me(session: Session = Depends(get_session)):
            return current_user(session)
    """,
    "shop__writing": """
        import time
        from fastapi import APIRouter, Depends
        from sqlalchemy.orm import Session
        from shop.db import get_session
        from shop.ports import Orders
        from shop.repository import SqlOrders
        from shop.shared import current_user
        router = APIRouter()
        def store(orders: Orders, order):
            orders.add_order(order)
        @router.post("/orders")
        def create(session: Session = Depends(get_session)):
            current_user(session)
            time.sleep(1)
            orders = SqlOrders(session)
            store(orders, 1)
            sorted([1], key=orders.rank)
            session.commit()
            return len(orders.size)
    """,
    "shop__job": """
        from sqlalchemy.orm import Session
        def nightly(session: Session):
            session.commit()
    """,
    "tests__test_it": """
        from shop.shared import current_user
        def test_it(session):
            assert current_user(session)
        def test_other():
            assert True
    """,
}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_move(Service(project(tmp_path, **FILES)))


def test_what_reads_comes_before_what_writes_and_outside_comes_last(plan: Plan) -> None:
    assert [(each.name, each.kind, each.routes, each.writes) for each in plan.slices] == [
        ("shop/db.py", "database layer", 0, False),
        ("shop/reading.py", "router", 1, False),
        ("shop/writing.py", "router", 1, True),
        ("shop/repository.py", "outside requests", 0, False),
        ("shop/job.py", "outside requests", 0, True),
    ]


def test_what_is_shared_moves_with_the_last_that_calls_it(plan: Plan) -> None:
    layer, reading, writing, apart, job = plan.slices
    assert [each.name.partition(" ")[0] for each in layer.functions] == ["get_session", "engine"]
    assert [each.name for each in reading.functions] == ["me"]
    assert [each.name for each in reading.shared] == ["current_user"]
    names = [each.name for each in writing.functions]
    assert names.index("SqlOrders.add_order") < names.index("store") < names.index("create")
    assert set(names) == {
        *("current_user", "Orders.add_order", "SqlOrders.add_order", "store", "create"),
    }
    # No call leads to a property, to what is passed on, and to what nobody uses.
    assert {each.name.partition(".")[2] for each in apart.functions} == {
        "size",
        "rank",
        "by_number",
    }
    assert [each.name for each in job.functions] == ["nightly"]
    assert "SqlOrders.pure" not in {each.name for part in plan.slices for each in part.functions}


def test_each_call_that_needs_await_is_named_once(plan: Plan) -> None:
    writing = plan.slices[2]
    assert [(each.path, each.name) for each in writing.awaits] == [
        ("shop/reading.py", "return current_user(session)"),  # it was by run_sync until now
        ("shop/repository.py", "self.session.flush()"),
        ("shop/shared.py", "return session.get(object, 1)"),
        ("shop/writing.py", "orders.add_order(order)"),
        ("shop/writing.py", "current_user(session)"),
        ("shop/writing.py", "store(orders, 1)"),
        ("shop/writing.py", "session.commit()"),
    ]
    assert plan.awaits == len({place for each in plan.slices for place in each.awaits})


def test_what_a_command_line_calls_moves_with_it_and_not_before(tmp_path: Path) -> None:
    files = {
        "cli": """
            from sqlalchemy.orm import Session
            from seed import fill
            from shared import current_user
            def main(session: Session):
                current_user(session)
                fill(session)
        """,
        "seed": """
            from sqlalchemy.orm import Session
            def fill(session: Session):
                session.commit()
        """,
        "shared": """
            from sqlalchemy.orm import Session
            def current_user(session: Session):
                return session.get(object, 1)
        """,
        "api": """
            from fastapi import APIRouter, Depends
            from sqlalchemy.orm import Session, sessionmaker
            from shared import current_user
            router = APIRouter()
            sessions = sessionmaker()
            def get_session():
                with sessions() as session:
                    yield session
            @router.get("/me")
            def me(session: Session = Depends(get_session)):
                return current_user(session)
        """,
    }
    layer, api, cli = plan_move(Service(project(tmp_path, **files))).slices
    assert layer.kind == "database layer"
    assert ([each.name for each in api.functions], [each.name for each in api.shared]) == (
        ["me"],
        ["current_user"],
    )
    assert cli.name == "cli.py"
    assert sorted(each.name for each in cli.functions) == ["current_user", "fill", "main"]
    assert [each.path for each in cli.awaits] == [
        "api.py",
        "cli.py",
        "cli.py",
        "seed.py",
        "shared.py",
    ]


def test_what_a_person_decides_is_told_with_its_reason(plan: Plan) -> None:
    reasons = [f"{each.name}: {each.reason}" for part in plan.slices for each in part.obstacles]
    assert any("SqlOrders.size: a property" in each for each in reasons)
    assert any(re.search(r"create: passes SqlOrders.rank on to `sorted`", each) for each in reasons)
    assert [each.reason.partition(" ")[0] for each in plan.blocking] == ["`time.sleep`"]
    assert plan.tests == 1


def test_where_nothing_is_sync_there_is_nothing_to_move(tmp_path: Path) -> None:
    target = project(
        tmp_path,
        main="""
            from fastapi import FastAPI
            from sqlalchemy.ext.asyncio import AsyncSession
            app = FastAPI()
            @app.get("/")
            async def read(session: AsyncSession):
                return await session.get(object, 1)
        """,
    )
    assert plan_move(Service(target)) == Plan((), 0, 0, (), 0)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("@lru_cache\ndef f(s: Session): return s.get(object, 1)", "cached"),
        ("@field_validator('x')\ndef f(s: Session): return s.get(object, 1)", "a validator"),
        ("@listens_for(Session, 'x')\ndef f(s: Session): return s.get(object, 1)", "an event hook"),
        ("@app.task\ndef f(s: Session): return s.get(object, 1)", "a task of a sync worker"),
        ("class C:\n    def __len__(self, s: Session): return s.get(object, 1)", "Python itself"),
        ("class C(Thread):\n    def run(self, s: Session): s.get(object, 1)", "threading.Thread"),
        ("def f(s: Session): return s.get(object, 1)\ng = lambda s: f(s)", "in a lambda"),
        ("def f(s: Session): return s.get(object, 1)\nf(1)", "at import"),
        ("def f(s: Session): return s.get(object, 1)\nmap(f, [])", "passes f on to `map`"),
    ],
)
def test_each_obstacle(tmp_path: Path, body: str, reason: str) -> None:
    head = (
        "from functools import lru_cache\nfrom threading import Thread\n"
        "from pydantic import field_validator\nfrom celery_app import app\n"
        "from sqlalchemy.event import listens_for\nfrom sqlalchemy.orm import Session\n"
    )
    ast.parse(head + body)
    plan = plan_move(Service(project(tmp_path, m=head + body)))
    told = [each.reason for part in plan.slices for each in part.obstacles]
    assert any(reason in each for each in told), told
