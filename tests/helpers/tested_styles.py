"""Tests in the styles that people write them in, of the service beside this."""

STYLES = {
    "requirements.txt": """
fastapi
sqlalchemy>=2.0
psycopg[binary]
""",
    "requirements-dev.txt": """
-r requirements.txt
pytest>=8  # runs all
httpx>=0.27
""",
    "tests/conftest.py": """
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from app.database import Base, get_db
from app.main import app
from app.models import Shelf

engine = create_engine(
    "sqlite:///:memory:", connect_args={"check_same_thread": False}, poolclass=StaticPool
)
TestingSessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=engine)


@pytest.fixture(autouse=True)
def tables():
    Base.metadata.create_all(bind=engine)
    yield
    Base.metadata.drop_all(bind=engine)


@pytest.fixture
def session():
    db = TestingSessionLocal()
    try:
        yield db
    finally:
        db.close()


@pytest.fixture
def client(session):
    def override_get_db():
        try:
            yield session
        finally:
            pass

    app.dependency_overrides[get_db] = override_get_db
    with TestClient(app) as test_client:
        yield test_client
    app.dependency_overrides.clear()


@pytest.fixture
def shelf(session):
    shelf = Shelf(name="first")
    session.add(shelf)
    session.commit()
    session.refresh(shelf)
    return shelf


@pytest.fixture
def make_client(session):
    made: list[TestClient] = []

    def make(**headers: str) -> TestClient:
        app.dependency_overrides[get_db] = lambda: session
        client = TestClient(app, headers=headers)
        made.append(client)
        return client

    yield make
    for each in made:
        each.close()
    app.dependency_overrides.clear()
""",
    "tests/test_fixtures.py": """
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.main import app
from app.models import Book, Shelf


def test_a_book_is_stored(client: TestClient, session: Session, shelf: Shelf) -> None:
    response = client.post(f"/shelves/{shelf.name}/books", params={"title": "Emma"})
    assert response.status_code == 201
    assert session.get(Book, response.json()).title == "Emma"
    assert client.get("/books").json() == ["Emma"]


def test_twice_is_refused(client, shelf):
    assert client.post("/shelves/first").status_code == 409


@pytest.mark.parametrize("name", ["second", "third"])
def test_shelves(client, shelf, name):
    assert client.post(f"/shelves/{name}").status_code == 201


def test_the_lifespan_ran_and_left_its_state(client):
    assert client.get("/started").json() == 1
    assert client.get("/greeting").json() == "hello"


def test_without_with_there_is_no_lifespan():
    client = TestClient(app)
    assert client.get("/started").json() == 0


def test_an_error_is_a_500_where_asked_for():
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/broken").status_code == 500
    with TestClient(app) as client:
        with pytest.raises(ValueError, match="broken"):
            client.get("/broken")


def test_redirects(client):
    assert client.get("/old").json() == []
    assert client.get("/old", follow_redirects=False).status_code == 307
    with TestClient(app, follow_redirects=False) as own:
        assert own.get("/old").status_code == 307


def test_cookies_stay(client):
    assert client.get("/login").json() == "ann"
    assert client.get("/who").json() == "ann"
    client.cookies.clear()
    assert client.get("/who").json() == "nobody"


def test_several_clients(make_client, shelf):
    one, other = make_client(who="one"), make_client(who="other")
    assert one.post("/shelves/first/books?title=Emma").status_code == 201
    assert other.get("/books").json() == ["Emma"]
    assert other.headers["who"] == "other"


def test_a_websocket():
    with TestClient(app) as client, client.websocket_connect("/echo") as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"


class TestInAClass:
    @pytest.fixture
    def book(self, client, shelf):
        return client.post("/shelves/first/books?title=Emma").json()

    def _titles(self, client):
        return client.get("/books").json()

    def test_it_is_there(self, client, book):
        assert self._titles(client) == ["Emma"]
        assert book == 1


def test_what_a_client_knows(client):
    assert client.app.state.started == 1
""",
    "tests/test_module_level.py": """
# As FastAPI's own page on testing a database has it.

from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from app.database import Base, get_db
from app.main import app
from app.models import Shelf

engine = create_engine(
    "sqlite://",
    connect_args={"check_same_thread": False},
    poolclass=StaticPool,
)
TestingSessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=engine)

Base.metadata.create_all(bind=engine)


def override_get_db():
    try:
        db = TestingSessionLocal()
        yield db
    finally:
        db.close()


client = TestClient(app)


def setup_module():
    with TestingSessionLocal() as db:
        db.add(Shelf(name="of the module"))
        db.commit()


def setup_function():
    app.dependency_overrides[get_db] = override_get_db


def teardown_function():
    app.dependency_overrides.clear()


def test_first():
    assert client.post("/shelves/of the module/books?title=Emma").status_code == 201


def test_second_sees_the_first():
    assert client.get("/books").json() == ["Emma"]
""",
    "tests/test_classes.py": """
from fastapi.testclient import TestClient

from app.database import get_db
from app.main import app
from app.models import Shelf
from tests.conftest import TestingSessionLocal


class TestBooks:
    def setup_method(self):
        self.db = TestingSessionLocal()
        self.db.add(Shelf(name="of a class"))
        self.db.commit()
        app.dependency_overrides[get_db] = lambda: self.db
        self.client = TestClient(app)

    def teardown_method(self, method):
        self.db.close()
        app.dependency_overrides.clear()

    def test_none_at_first(self):
        assert self.client.get("/books").json() == []

    def test_one(self):
        self.client.post("/shelves/of a class/books?title=Emma")
        assert self.client.get("/total").json() == 1
""",
    "tests/test_unittest.py": """
import unittest

from fastapi.testclient import TestClient

from app.database import Base, get_db
from app.main import app
from app.models import Shelf
from tests.conftest import TestingSessionLocal, engine


class BooksTest(unittest.TestCase):
    def setUp(self):
        Base.metadata.create_all(engine)
        self.db = TestingSessionLocal()
        self.db.add(Shelf(name="of unittest"))
        self.db.commit()
        app.dependency_overrides[get_db] = lambda: self.db
        self.client = TestClient(app)

    def tearDown(self):
        app.dependency_overrides.clear()
        self.db.close()
        Base.metadata.drop_all(engine)

    def test_one(self):
        self.client.post("/shelves/of unittest/books?title=Emma")
        self.assertEqual(self.client.get("/total").json(), 1)
""",
}
"""Fixtures, a client on the module, classes, unittest."""
DOUBLES = {
    "tests/test_doubles.py": """
from unittest.mock import MagicMock, patch

import pytest
from sqlalchemy.orm import Session

from app import prices
from app.database import get_db
from app.main import app
from app.models import Book


def test_patched(client):
    with patch("app.prices.price_of", return_value=7) as price_of:
        assert client.get("/books/1/price").json() == 7
    price_of.assert_called_once()


@patch("app.prices.price_of", side_effect=lambda db, book_id: book_id * 2)
def test_patched_by_a_side_effect(price_of, client):
    assert client.get("/books/4/price").json() == 8


def test_patched_by_a_function(client):
    with patch("app.prices.price_of", lambda db, book_id: 9):
        assert client.get("/books/1/price").json() == 9
    with patch.object(prices, "price_of", new=lambda db, book_id: 11):
        assert client.get("/books/1/price").json() == 11


def test_patched_by_a_mock(client):
    price_of = MagicMock(return_value=12)
    with patch.object(prices, "price_of", price_of):
        assert client.get("/books/1/price").json() == 12
    price_of.assert_called_once()


def test_a_lambda(client, monkeypatch):
    monkeypatch.setattr(prices, "price_of", lambda db, book_id: 3)
    assert client.get("/books/1/price").json() == 3


def test_a_function(client, monkeypatch):
    asked = []

    def fake(db, book_id):
        asked.append(book_id)
        return 5

    monkeypatch.setattr("app.prices.price_of", fake)
    assert client.get("/books/6/price").json() == 5
    assert asked == [6]


class Spy:
    def __init__(self):
        self.asked = []

    def __call__(self, db, book_id):
        self.asked.append(book_id)
        return 8


def test_an_object(client, monkeypatch):
    spy = Spy()
    monkeypatch.setattr(prices, "price_of", spy)
    assert client.get("/books/6/price").json() == 8
    assert spy.asked == [6]


def test_a_method(client, monkeypatch):
    monkeypatch.setattr(prices.Shop, "total", lambda self: 99)
    assert client.get("/total").json() == 99


def test_a_failure(client, monkeypatch):
    def broken(db, book_id):
        raise ValueError("no price")

    monkeypatch.setattr(prices, "price_of", broken)
    with pytest.raises(ValueError, match="no price"):
        client.get("/books/1/price")


def test_a_whole_class(client):
    with patch("app.prices.Shop") as shop:
        shop.return_value.total.return_value = 4
        shop.return_value.greeting.return_value = "hi"
        assert client.get("/total").json() == 4


def test_a_mock_of_a_session():
    db = MagicMock()
    db.scalar.return_value = 3
    assert prices.price_of(db, 1) == 30
    db.scalar.assert_called_once()


def test_a_mock_with_the_form_of_a_session():
    db = MagicMock(spec=Session)
    db.scalar.return_value = 2
    assert prices.Shop(db).total() == 2


def test_a_mock_that_is_handed_out(client):
    db = MagicMock(spec=Session)
    db.scalars.return_value.one_or_none.return_value = Book(id=4, title="Emma")
    db.add.side_effect = lambda book: setattr(book, "id", 17)
    app.dependency_overrides[get_db] = lambda: db
    assert client.post("/shelves/any/books?title=Emma").json() == 17
    db.commit.assert_called_once_with()
""",
}
"""What stands in for functions, methods, classes and sessions."""
