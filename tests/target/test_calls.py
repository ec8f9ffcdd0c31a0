"""Which functions a call runs."""

from pathlib import Path

from async_db.target import Project
from helpers.targets import function, project


def runs(target: Project, caller: str) -> list[tuple[str, bool]]:
    """Give what the calls of a function run, and whether it is just that."""
    return [
        (callee.function.qualname, callee.exact)
        for call in function(target, caller).calls
        for callee in target.calls.callees(call)
    ]


def test_an_implementation_may_inherit_a_part_of_its_port(tmp_path: Path) -> None:
    target = project(
        tmp_path,
        orders="""
            from typing import Protocol
            class Orders(Protocol):
                def by_id(self, id: int): ...
                def total(self): ...
            class Stored:
                def by_id(self, id: int): return 1
            class SqlOrders(Stored):
                def total(self): return 2
            class SqlUsers(Stored):
                def names(self): return 2
            class Half:
                def total(self): return 2
            def use(orders: Orders):
                orders.by_id(1)
                orders.total()
        """,
    )
    assert runs(target, "use") == [("Stored.by_id", True), ("SqlOrders.total", True)]


def test_a_port_runs_its_implementations(tmp_path: Path) -> None:
    target = project(
        tmp_path,
        ports="""
            from abc import ABC, abstractmethod
            from typing import Protocol
            class Orders(Protocol):
                def by_id(self, id: int): ...
                def add_order(self, order): ...
            class Clock(ABC):
                @abstractmethod
                def now(self): ...
        """,
        adapters="""
            from ports import Clock, Orders
            class SqlOrders:
                def by_id(self, id: int): return 1
                def add_order(self, order): return 2
            class Unrelated:
                def by_id(self, id: int): return 1
            class Wall(Clock):
                def now(self): return 1
            class Fixed(Clock):
                def now(self): return 2
        """,
        use="""
            from ports import Clock, Orders
            class Confirm:
                def __init__(self, orders: Orders, clock: Clock):
                    self.orders = orders
                    self.clock = clock
                def run(self):
                    self.orders.by_id(1)
                    self.clock.now()
        """,
    )
    assert runs(target, "Confirm.run") == [
        ("SqlOrders.by_id", True),
        ("Wall.now", False),
        ("Fixed.now", False),
    ]


def test_an_override_may_run_instead(tmp_path: Path) -> None:
    target = project(
        tmp_path,
        m="""
            class Base:
                def save(self): return 1
                def all(self): self.save()
            class Special(Base):
                def save(self): return 2
            def use(it: Special): it.save()
        """,
    )
    assert runs(target, "Base.all") == [("Base.save", False), ("Special.save", False)]
    assert runs(target, "use") == [("Special.save", True)]


def test_names_are_followed_through_imports_partials_and_constructors(tmp_path: Path) -> None:
    target = project(
        tmp_path,
        pkg____init__="from pkg.inner import helper as exported\n",
        pkg__inner="""
            def helper(): ...
            class Made:
                def __init__(self): ...
                @staticmethod
                def still(): ...
                @classmethod
                def build(cls): return cls()
        """,
        use="""
            from functools import partial
            import pkg
            from pkg.inner import Made
            def outer():
                def nested(): ...
                pkg.exported()
                partial(pkg.exported, 1)()
                Made()
                Made.still()
                Made.build()
                nested()
        """,
    )
    assert [name for name, _ in runs(target, "outer")] == [
        "helper",
        "helper",
        "Made.__init__",
        "Made.still",
        "Made.build",
        "outer.nested",
    ]
    called = [call.scope.name for call, _ in target.calls.callers(function(target, "helper"))]
    assert called == ["outer"]
