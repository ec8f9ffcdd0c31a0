"""Forms of tests that are left to a person, and those that stay as they are."""

import textwrap

import pytest
from modernizing.moved_tests import moved

from async_db.modernizing.steps.tests import tests as step_of_tests
from helpers.modernizing import check_noop

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


@pytest.mark.parametrize("name", LEFT)
def test_left(name: str) -> None:
    before, reason = LEFT[name]
    move = moved(before)
    assert [reason in each.reason for each in move.left] == [True]
    assert f"unresolved[{move.left[0].rule}]" in move.after.texts["tests/test_it.py"]


def test_a_client_for_a_socket_stays() -> None:
    test = """
        def test_socket():
            with TestClient(app) as client, client.websocket_connect("/") as socket:
                socket.send_text("hello")
        """
    move = moved(test)
    assert textwrap.dedent(test).strip() in move.after.texts["tests/test_it.py"]
    assert move.left == ()


def test_a_hook_of_savepoints_becomes_an_option() -> None:
    move = moved(
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
