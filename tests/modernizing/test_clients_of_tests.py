"""Clients that a project has of its own, and those that are asked for by a name."""

import textwrap

import pytest
from modernizing.moved_tests import moved

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
    move = moved(before)
    assert textwrap.dedent(after).strip() in move.after.texts["tests/test_it.py"]
    assert move.left == ()


@pytest.mark.parametrize("name", CLIENTS)
def test_clients_of_a_project_s_own(name: str) -> None:
    before, after = CLIENTS[name]
    move = moved(before)
    assert textwrap.dedent(after).strip() in move.after.texts["tests/test_it.py"]
    assert move.left == ()
