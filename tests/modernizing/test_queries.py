"""Each form of a `Query`, run as it was and as the step leaves it: the same result and the same rows.

Old and new are two small modules of ours, written out and imported; what is compared is what a form
gives, what it raises, the statements that it takes, and what is in the tables afterwards.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from modernizing.query_forms import FORMS, HEAD, MODELS
from modernizing.query_statements import STATEMENTS
from sqlalchemy import Engine, Row, create_engine, event, inspect, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstanceState, Session

from async_db.modernizing import Modernization
from async_db.modernizing.steps.queries import queries
from helpers.modernizing import transformed

pytestmark = pytest.mark.filterwarnings(
    "ignore::sqlalchemy.exc.LegacyAPIWarning",
    "ignore::DeprecationWarning",
    "ignore:Coercing Subquery:sqlalchemy.exc.SAWarning",
)
UNNAMED = ("_no_label", "count", "lower", "max", "sum")
"""What a select calls functions without a label, which a `Query` did not."""
LINES = [each for each in FORMS.splitlines() if each and not each.startswith("#")]
BODIES = {**{line: f"\n    return {line}\n" for line in LINES}, **STATEMENTS}
NAMES = list(BODIES)
assert len(BODIES) == len(LINES) + len(STATEMENTS), "two forms have one name"


def forms() -> str:
    functions = [
        f"def form_{number}(db: Session):{BODIES[name]}" for number, name in enumerate(NAMES)
    ]
    return "\n\n".join([HEAD, *functions])


@pytest.fixture(scope="module")
def done() -> Modernization:
    return transformed({"models": MODELS, "forms": forms()}, queries)


@pytest.fixture(scope="module")
def modules(
    done: Modernization, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, ModuleType]]:
    """Give the forms as they were and as they are, imported."""
    folder = tmp_path_factory.mktemp("forms")
    models = _imported(folder, "models", MODELS)
    sys.modules["models"] = models
    try:
        yield {
            "models": models,
            "old": _imported(folder, "old_forms", done.before.texts["forms.py"]),
            "new": _imported(folder, "new_forms", done.after.texts["forms.py"]),
        }
    finally:
        del sys.modules["models"]


def _imported(folder: Path, name: str, text: str) -> ModuleType:
    path = folder / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_form_is_translated(done: Modernization) -> None:
    assert [each.reason for each in done.changes if each.reason] == []
    assert ".query(" not in done.after.texts["forms.py"]


@pytest.fixture(scope="module")
def postgres(modules: dict[str, ModuleType], new_database: Callable[[], str]) -> Iterator[Engine]:
    """Give an engine of a PostgreSQL database that has the tables."""
    engine = create_engine(make_url(new_database()).set(drivername="postgresql+psycopg"))
    modules["models"].Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("name", NAMES)
def test_both_forms_do_the_same(name: str, modules: dict[str, ModuleType]) -> None:
    outcomes = []
    for which in ("old", "new"):
        engine = create_engine("sqlite://")
        modules["models"].Base.metadata.create_all(engine)
        outcomes.append(_outcome(engine, modules, which, name))
        engine.dispose()

    assert outcomes[1] == outcomes[0]


@pytest.mark.parametrize("name", NAMES)
def test_both_forms_do_the_same_on_postgresql(
    name: str, modules: dict[str, ModuleType], postgres: Engine
) -> None:
    old, new = (_outcome(postgres, modules, which, name) for which in ("old", "new"))

    assert new == old


def _outcome(
    engine: Engine, modules: dict[str, ModuleType], which: str, name: str
) -> tuple[object, ...]:
    """Run a form on a few rows; give what it gave or raised, how often it asked, what is left."""
    models: Any = modules["models"]
    form = getattr(modules[which], f"form_{NAMES.index(name)}")
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="rollback_only") as session:
            session.add_all(_rows(models))
            session.flush()
            session.expunge_all()
            with _asked(engine) as asked:
                try:
                    given = plain(form(session))
                except (SQLAlchemyError, IndexError) as error:
                    given = type(error).__name__
            loaded = sorted((plain(each) for each in session), key=repr)
            session.flush()
            tables = [
                [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]
                for table in models.Base.metadata.sorted_tables
            ]
        if transaction.is_active:
            transaction.rollback()
    return given, len(asked), loaded, tables


def _rows(models: Any) -> list[object]:
    return [
        models.Order(id=1, reference="A-1", note="late"),
        models.Order(id=2, reference="A-2"),
        models.Order(id=3, reference="B-1", note="late"),
        models.Order(id=4, reference="B-2"),
        models.Item(id=1, order_id=1, sku="bolt", quantity=3),
        models.Item(id=2, order_id=1, sku="nut", quantity=4),
        models.Item(id=3, order_id=2, sku="bolt", quantity=1),
        models.Tag(id=1, item_id=1, name="new"),
        models.Tag(id=2, item_id=1, name="cheap"),
        models.Tag(id=3, item_id=2, name="new"),
    ]


@contextmanager
def _asked(engine: Engine) -> Iterator[list[str]]:
    found: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def plain(value: object) -> object:
    """Turn rows and objects into what can be compared: of an object, whatever is loaded."""
    if isinstance(value, Row):
        names = [name for name in value._fields if name not in UNNAMED]
        return "row", names, [*map(plain, value)]
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return type(value).__name__, [plain(each) for each in value]
    state = inspect(value, raiseerr=False)
    if not isinstance(state, InstanceState):
        return value
    loaded = {
        name: repr(each) if not isinstance(each, list) else [each.id for each in each]
        for name, each in sorted(state.dict.items())
        if name not in ("_sa_instance_state", "order")
    }
    return type(value).__name__, sorted(loaded.items(), key=repr)
