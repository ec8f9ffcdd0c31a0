"""Clients, set-up and doubles of tests: forms that are changed."""

import textwrap

import pytest
from modernizing.moved_tests import moved

from async_db.modernizing.steps.database import database
from async_db.modernizing.steps.propagation import propagation
from async_db.modernizing.steps.tests import tests as step_of_tests
from helpers.modernizing import transformed

ASYNC_CLIENT = (
    'transport=ASGITransport(app=app), base_url="http://testserver", follow_redirects=True'
)
CHANGED = {
    "an answer in pieces": (
        """
        @pytest.fixture
        def client():
            return TestClient(app)

        def test_lines(client):
            with client.stream("GET", "/") as response:
                assert response.status_code == 200
                for line in response.iter_lines():
                    assert line
            with client.stream("GET", "/") as response:
                assert [each for each in response.iter_text()]
                assert b"".join(response.iter_bytes()) == response.read()
        """,
        """
        async def test_lines(client):
            async with client.stream("GET", "/") as response:
                assert response.status_code == 200
                async for line in response.aiter_lines():
                    assert line
            async with client.stream("GET", "/") as response:
                assert [each async for each in response.aiter_text()]
                assert b"".join([each async for each in response.aiter_bytes()]) == await response.aread()
        """,
    ),
    "arguments": (
        'client = TestClient(app, raise_server_exceptions=False, headers={"a": "b"})',
        """
        client = AsyncClient(
            transport=ASGITransport(app=app, raise_app_exceptions=False),
            headers={"a": "b"},
            base_url="http://testserver",
            follow_redirects=True,
        )
        """,
    ),
    "arguments by their places": (
        'client = TestClient(app, "http://shop", False)',
        """
        client = AsyncClient(
            transport=ASGITransport(app=app, raise_app_exceptions=False),
            base_url="http://shop",
            follow_redirects=True,
        )
        """,
    ),
    "who sends is asked for": (
        """
        HOST = "testclient"
        client = TestClient(app)
        """,
        """
        HOST = "testclient"
        client = AsyncClient(
            transport=ASGITransport(app=app, client=("testclient", 50000)),
            base_url="http://testserver",
            follow_redirects=True,
        )
        """,
    ),
    "the lifespan beside another manager": (
        """
        def test():
            with pytest.raises(ValueError), TestClient(app) as client:
                client.get("/", allow_redirects=False)
        """,
        """
        async def test():
            with pytest.raises(ValueError):
                async with (
                    LifespanManager(app) as manager,
                    AsyncClient(
                        transport=ASGITransport(app=manager.app),
                        base_url="http://testserver",
                        follow_redirects=True,
                    ) as client,
                ):
                    await client.get("/", follow_redirects=False)
        """,
    ),
    "a client that nobody names": (
        """
        @pytest.fixture
        def served():
            with TestClient(app):
                yield
        """,
        """
        @pytest.fixture
        async def served():
            async with (
                LifespanManager(app) as manager,
                AsyncClient(
                    transport=ASGITransport(app=manager.app),
                    base_url="http://testserver",
                    follow_redirects=True,
                ),
            ):
                yield
        """,
    ),
    "set-up of a class": (
        """
        class TestIt:
            @classmethod
            def setup_class(cls):
                cls.name = "a"
                with SessionLocal() as session:
                    session.commit()

            def test(self):
                pass
        """,
        """
        class TestIt:
            @pytest.fixture(scope="class", autouse=True)
            async def _setup_class(self):
                cls = type(self)
                cls.name = "a"
                async with SessionLocal() as session:
                    await session.commit()

            def test(self):
                pass
        """,
    ),
    "tables made at import": (
        """
        main.Base.metadata.drop_all(bind=engine)
        main.Base.metadata.create_all(bind=engine, checkfirst=False)
        """,
        """
        @pytest.fixture(scope="module", autouse=True)
        async def _create_tables() -> None:
            async with engine.begin() as connection:
                await connection.run_sync(main.Base.metadata.drop_all)
            async with engine.begin() as connection:
                await connection.run_sync(main.Base.metadata.create_all, checkfirst=False)
        """,
    ),
    "an override": (
        """
        def override():
            yield None

        app.dependency_overrides[get_session] = override
        """,
        """
        async def override():
            yield None

        app.dependency_overrides[get_session] = override
        """,
    ),
}
IN_PLACE = {
    "a lambda that is assigned": (
        """
        def test(service: Service):
            service.numbers.number = lambda: 3
        """,
        """
        def test(service: Service):
            service.numbers.number = AsyncMock(side_effect=lambda: 3)
        """,
    ),
    "a mock's own mock": (
        """
        def test():
            double = Mock(spec=Numbers)
            double.number = Mock(return_value=3)
            Service(double)
        """,
        """
        def test():
            double = Mock(spec=Numbers)
            double.number = AsyncMock(return_value=3)
            Service(double)
        """,
    ),
    "a mock that is given where a class is asked for": (
        """
        def test():
            double = MagicMock()
            double.number.return_value = 3
            assert Service(double).twice() == 6
        """,
        """
        async def test():
            double = MagicMock(spec=Numbers)
            double.number.return_value = 3
            assert await Service(double).twice() == 6
        """,
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_changed(name: str) -> None:
    before, after = CHANGED[name]
    move = moved(before)
    assert textwrap.dedent(after).strip() in move.after.texts["tests/test_it.py"]
    assert move.left == ()


@pytest.mark.parametrize("name", IN_PLACE)
def test_what_stands_in_for_methods_is_awaited(name: str) -> None:
    before, after = (textwrap.dedent(each).strip() for each in IN_PLACE[name])
    service = textwrap.dedent(
        """
        from sqlalchemy import select
        from sqlalchemy.orm import Session

        class Numbers:
            def __init__(self, session: Session) -> None:
                self.session = session

            def number(self) -> int:
                return self.session.scalar(select(1))

        class Service:
            def __init__(self, numbers: Numbers) -> None:
                self.numbers = numbers

            def twice(self) -> int:
                return 2 * self.numbers.number()
        """
    )
    head = "from unittest.mock import MagicMock, Mock\nfrom app.work import Numbers, Service\n\n"
    done = transformed(
        {"app__work": service, "tests__test_work": head + before},
        propagation,
        database,
        step_of_tests,
    )
    text = done.after.texts["tests/test_work.py"]
    assert after in text
    assert not done.left
