"""Clients, set-up and doubles of tests: forms that are changed, and forms that are left."""

import textwrap

import pytest

from async_db.modernizing import Modernization
from async_db.modernizing.steps.database import database
from async_db.modernizing.steps.propagation import propagation
from async_db.modernizing.steps.tests import isolation
from async_db.modernizing.steps.tests import tests as step_of_tests
from helpers.modernizing import check_noop, transformed

SERVICE = {
    "app__main": """
        from fastapi import Depends, FastAPI
        from sqlalchemy import create_engine, select
        from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

        engine = create_engine("sqlite://")
        SessionLocal = sessionmaker(engine)
        app = FastAPI()

        class Base(DeclarativeBase):
            pass

        def get_session():
            with SessionLocal() as session:
                yield session

        def number(session: Session) -> int:
            return session.scalar(select(1))

        @app.get("/")
        def read(session: Session = Depends(get_session)) -> int:
            return number(session)
        """,
}
HEAD = """
import pytest
from fastapi.testclient import TestClient
from app import main
from app.main import SessionLocal, app, engine, get_session

"""
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
CLIENTS = {
    "a class of its own that sends what it adds to": (
        """
        class Signed(TestClient):
            def __init__(self, *args, **options):
                super().__init__(*args, **options)
                self.token = None

            def post(self, *args, **options):
                return self.signed(super().post, *args, **options)

            def signed(self, send, *args, **options):
                self.token = self.token or super().get("/token").text
                return send(*args, headers={"token": self.token}, **options)

        @pytest.fixture
        def client():
            with Signed(app) as client:
                yield client

        def test(client: Signed):
            client.app.state.ready = True
            assert client.post("/").status_code == 200
        """,
        """
        class Signed(AsyncClient):
            def __init__(self, *args, **options):
                super().__init__(*args, **options)
                self.token = None

            async def post(self, *args, **options):
                return await self.signed(super().post, *args, **options)

            async def signed(self, send, *args, **options):
                self.token = self.token or (await super().get("/token")).text
                return await send(*args, headers={"token": self.token}, **options)

        @pytest.fixture
        async def client():
            async with (
                LifespanManager(app) as manager,
                Signed(
                    transport=ASGITransport(app=manager.app),
                    base_url="http://testserver",
                    follow_redirects=True,
                ) as client,
            ):
                yield client

        async def test(client: Signed):
            app.state.ready = True
            assert (await client.post("/")).status_code == 200
        """,
    ),
    "a class of its own that is told its application": (
        """
        class Signed(TestClient):
            def __init__(self, application, token):
                super().__init__(application, headers={"token": token})

        def test():
            assert Signed(app, "a").get("/").status_code == 200
        """,
        """
        class Signed(AsyncClient):
            def __init__(self, application, token):
                super().__init__(transport=ASGITransport(app=application), headers={"token": token}, base_url="http://testserver", follow_redirects=True)

        async def test():
            assert (await Signed(app, "a").get("/")).status_code == 200
        """,
    ),
    "an application that a fixture imports late": (
        """
        @pytest.fixture
        def client():
            from app.late import late

            with TestClient(late) as client:
                yield client

        def test(client):
            \"\"\"Told.\"\"\"
            client.app.state.ready = False
            with TestClient(client.app) as other:
                other.get("/")
                assert other.app.state.ready
        """,
        """
        async def test(client):
            \"\"\"Told.\"\"\"
            from app.late import late

            late.state.ready = False
            async with (
                LifespanManager(late) as manager,
                AsyncClient(
                    transport=ASGITransport(app=manager.app),
                    base_url="http://testserver",
                    follow_redirects=True,
                ) as other,
            ):
                await other.get("/")
                assert late.state.ready
        """,
    ),
}
NAMED = (
    """
    @pytest.fixture
    def reader():
        with TestClient(app) as client:
            yield client

    @pytest.mark.parametrize("client_name", ["reader"])
    def test_reading(client_name, request):
        client = request.getfixturevalue(client_name)
        with SessionLocal() as session:
            session.commit()
        assert client

    @pytest.mark.parametrize(
        "client_name",
        ["reader"],
    )
    def test_again(client_name, request):
        with SessionLocal() as session:
            session.commit()
        assert request.getfixturevalue(client_name)
    """,
    """
    @pytest.fixture
    def client_name(request):
        \"\"\"Give the fixture of that name, set up before the loop runs.\"\"\"
        return request.getfixturevalue(request.param)


    @pytest.mark.parametrize("client_name", ["reader"], indirect=True)
    async def test_reading(client_name, request):
        client = client_name
        async with SessionLocal() as session:
            await session.commit()
        assert client

    @pytest.mark.parametrize(
        "client_name",
        ["reader"], indirect=True,
    )
    async def test_again(client_name, request):
        async with SessionLocal() as session:
            await session.commit()
        assert client_name
    """,
)


def test_a_fixture_that_is_asked_for_by_a_parameter_s_name() -> None:
    before, after = NAMED
    move = _move(before)
    assert textwrap.dedent(after).strip() in move.after.texts["tests/test_it.py"]
    assert move.left == ()


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
LEFT = {
    "a socket of a client from elsewhere": (
        """
        @pytest.fixture
        def client():
            with TestClient(app) as client:
                yield client

        def test(client):
            with client.websocket_connect("/"):
                pass
        """,
        "httpx has no such call: make a TestClient in this test",
    ),
    "a fixture asked for while the loop runs": (
        """
        @pytest.fixture
        def session():
            with SessionLocal() as session:
                yield session
                session.commit()

        @pytest.fixture
        def stored(request):
            session = request.getfixturevalue("session")
            with SessionLocal() as other:
                other.commit()
        """,
        "pytest cannot run an async fixture while the loop runs",
    ),
    "a class of its own that hides its application": (
        """
        class Client(TestClient):
            def __init__(self, *args, **options):
                super().__init__(*args, base_url="http://shop", **options)
        """,
        "make it an AsyncClient",
    ),
    "an application that is not known": (
        """
        def test(client: TestClient):
            client.app.state.ready = True
        """,
        "an AsyncClient does not know its application",
    ),
    "a double that is not known": (
        """
        def test(monkeypatch, double):
            monkeypatch.setattr(main, "number", double)
        """,
        "number is async now: await its double too",
    ),
    "a factory's session": (
        """
        from factory.alchemy import SQLAlchemyModelFactory

        class RowFactory(SQLAlchemyModelFactory):
            class Meta:
                sqlalchemy_session = SessionLocal()
        """,
        "a factory writes by a sync session",
    ),
    "pieces that are handed on": (
        """
        def test_lines():
            client = TestClient(app)
            with client.stream("GET", "/") as response:
                assert next(response.iter_lines())
        """,
        "take them in a loop",
    ),
    "arguments that are not seen": (
        """
        def make(**options):
            return TestClient(app, **options)
        """,
        "its arguments cannot be seen",
    ),
    "set-up that is given the test": (
        """
        class TestIt:
            def setup_method(self, method):
                self.name = method.__name__
                with SessionLocal() as session:
                    session.commit()
        """,
        "make it a fixture that asks `request`",
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_changed(name: str) -> None:
    before, after = CHANGED[name]
    move = _move(before)
    assert textwrap.dedent(after).strip() in move.after.texts["tests/test_it.py"]
    assert move.left == ()


@pytest.mark.parametrize("name", CLIENTS)
def test_clients_of_a_project_s_own(name: str) -> None:
    before, after = CLIENTS[name]
    move = _move(before)
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


@pytest.mark.parametrize("name", LEFT)
def test_left(name: str) -> None:
    before, reason = LEFT[name]
    move = _move(before)
    assert [reason in each.reason for each in move.left] == [True]
    assert f"unresolved[{move.left[0].rule}]" in move.after.texts["tests/test_it.py"]


def test_a_client_for_a_socket_stays() -> None:
    test = """
        def test_socket():
            with TestClient(app) as client, client.websocket_connect("/") as socket:
                socket.send_text("hello")
        """
    move = _move(test)
    assert textwrap.dedent(test).strip() in move.after.texts["tests/test_it.py"]
    assert move.left == ()


def test_a_hook_of_savepoints_becomes_an_option() -> None:
    move = _move(
        """
        from sqlalchemy import event

        @pytest.fixture
        def session():
            connection = engine.connect()
            session = SessionLocal(bind=connection)
            session.begin_nested()

            @event.listens_for(session, "after_transaction_end")
            def again(session, transaction):
                if transaction.nested and not transaction._parent.nested:
                    session.begin_nested()

            yield session
        """
    )
    text = move.after.texts["tests/test_it.py"]
    assert 'SessionLocal(bind=connection, join_transaction_mode="create_savepoint")' in text
    assert "begin_nested" not in text
    assert "event" not in text


def test_async_tests_stay() -> None:
    check_noop(
        step_of_tests,
        tests__test_it="""
        import pytest
        from httpx import ASGITransport, AsyncClient
        from app.main import app

        @pytest.fixture
        async def client():
            async with AsyncClient(transport=ASGITransport(app=app)) as client:
                yield client

        def test_plain(client):
            pass
        """,
    )


def _move(test: str) -> Modernization:
    files = {**SERVICE, "tests__test_it": HEAD + textwrap.dedent(test)}
    return transformed(files, isolation, propagation, database, step_of_tests)
