"""Where a name of the project meets one of the scaffold's own: in one file, and across files."""

from pathlib import PurePosixPath

import pytest

from async_db.scaffold.collisions import without_collisions
from async_db.scaffold.naming import PLACEHOLDERS, names_of
from async_db.scaffold.options import OptionError

PLACES = {
    "<model>": PLACEHOLDERS.model,
    "<entity>": PLACEHOLDERS.entity,
    "<entities>": PLACEHOLDERS.entities,
}


def with_placeholders(text: str) -> str:
    for place, placeholder in PLACES.items():
        text = text.replace(place, placeholder)
    return text


def resolved(*sources: str, model: str = "Status", plural: str = "", name: str = "one.py") -> str:
    """Give the first source for a model; the others are files beside it."""
    paths = [PurePosixPath(name), *(PurePosixPath(f"other_{n}.py") for n in range(len(sources)))]
    tree = {path: with_placeholders(text) for path, text in zip(paths, sources, strict=False)}
    return without_collisions(tree, names_of("app", model, plural))[paths[0]]


def refused(*sources: str, model: str = "Status", plural: str = "") -> str:
    with pytest.raises(OptionError) as told:
        resolved(*sources, model=model, plural=plural)
    message = str(told.value)
    assert message.startswith(f"model = {model!r} does not go: in ")
    assert message.endswith("; choose another one")
    assert "\n" not in message
    return message


# --- what is called otherwise ------------------------------------------------------------------


def test_without_a_collision_nothing_changes() -> None:
    source = (
        "from fastapi import status\n\n\ndef f(<entity>: <model>) -> None:\n    use(status.X)\n"
    )
    assert resolved(source, model="Order") == (
        "from fastapi import status\n\n\ndef f(order: Order) -> None:\n    use(status.X)\n"
    )


def test_a_name_that_is_hidden_nowhere_stays() -> None:
    source = "from fastapi import status\nA = status.X\ndef f(<entity>): return <entity>\n"
    assert resolved(source) == (
        "from fastapi import status\nA = status.X\ndef f(status): return status\n"
    )


def test_an_import_is_given_another_name_wherever_it_is_used() -> None:
    source = (
        "from fastapi import Depends, status\n"
        "A = status.OK\n"
        "def f(<entity>):\n"
        "    return <entity>.code == status.OK\n"
    )
    assert resolved(source) == (
        "from fastapi import Depends, status as status_\n"
        "A = status_.OK\n"
        "def f(status):\n"
        "    return status.code == status_.OK\n"
    )


def test_a_module_is_imported_by_another_name() -> None:
    source = "import time\ndef f(<entity>): return <entity>, time.time()\n"
    assert resolved(source, model="Time") == (
        "import time as time_\ndef f(time): return time, time_.time()\n"
    )


def test_a_class_that_is_imported_gives_way_to_the_model() -> None:
    source = "from pydantic import Field\nfrom app.models import <model>\nx: <model> = Field(1)\n"
    assert resolved(source, model="Field") == (
        "from pydantic import Field as Field_\nfrom app.models import Field\nx: Field = Field_(1)\n"
    )


def test_a_local_variable_is_given_another_name() -> None:
    source = (
        "def f(<entity>):\n    row = g()\n    row += 1\n    return <entity>, row, o.row, h(row=2)\n"
    )
    assert resolved(source, model="Row") == (
        "def f(row):\n    row_ = g()\n    row_ += 1\n    return row, row_, o.row, h(row=2)\n"
    )


def test_a_parameter_that_is_passed_by_place_is_given_another_name() -> None:
    source = "def f(row): return g(<entity>=row)\ndef h(): return f(1)\n"
    assert resolved(source, model="Order") == (
        "def f(row): return g(order=row)\ndef h(): return f(1)\n"
    )
    source = "def f(row):\n    <entity> = g(row)\n    return <entity>\n"
    assert resolved(source, model="Row") == ("def f(row_):\n    row = g(row_)\n    return row\n")


def test_a_function_in_a_function_belongs_to_it() -> None:
    source = (
        "from fastapi import status\n"
        "def f(<entity>):\n"
        "    def g():\n"
        "        return status.OK\n"
        "    return <entity>, g\n"
    )
    assert "        return status_.OK\n    return status, g\n" in resolved(source)


def test_comprehensions_and_lambdas_belong_to_where_they_are() -> None:
    source = "def f(row): return [<entity> for <entity> in row], lambda: row\n"
    assert resolved(source, model="Row") == (
        "def f(row_): return [row for row in row_], lambda: row_\n"
    )


def test_another_name_is_nobody_elses() -> None:
    source = "def f(row, row_, row__):\n    <entity> = row, row_, row__\n"
    assert resolved(source, model="Row") == (
        "def f(row___, row_, row__):\n    row = row___, row_, row__\n"
    )


def test_a_builtin_may_be_hidden_where_it_is_not_needed() -> None:
    source = "def f(<entity>): return <entity>\ndef g(): return list()\n"
    assert resolved(source, model="List") == ("def f(list): return list\ndef g(): return list()\n")


def test_texts_attributes_and_keywords_are_left_alone() -> None:
    source = (
        "from fastapi import status\n"
        "def f(<entity>):\n"
        '    """Of status."""  # status\n'
        "    return g(status=status.status, x='status'), <entity>\n"
    )
    assert resolved(source) == (
        "from fastapi import status as status_\n"
        "def f(status):\n"
        '    """Of status."""  # status\n'
        "    return g(status=status_.status, x='status'), status\n"
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('g("é", status)', 'g("é", status_)'),
        ('g("日本", f"é {status} {status.x:>{status}}")', 'g("日本", f"é {status_} {status_.x:>{status_}}")'),
        ('g(f"{{status}} {status!r}", status)', 'g(f"{{status}} {status_!r}", status_)'),
        ('g(f"""\n é {status}\n{status}""")', 'g(f"""\n é {status_}\n{status_}""")'),
    ],
)  # fmt: skip
def test_names_are_found_after_other_alphabets_and_in_formatted_texts(
    line: str, expected: str
) -> None:
    source = f"from fastapi import status\ndef f(<entity>):\n    return <entity>, {line}\n"
    assert resolved(source).endswith(f"    return status, {expected}\n")


def test_only_python_is_looked_into() -> None:
    assert resolved("status: <entity>, <entities>\n", name="README.md") == (
        "status: status, statuses\n"
    )


# --- several of what has no plural -------------------------------------------------------------


def test_one_and_several_are_told_apart() -> None:
    source = (
        "def f(<entities>):\n"
        "    <entity> = <entities>.get()\n"
        "    return [g(<entities>=<entity>), <entities>]\n"
    )
    assert resolved(source, model="Series") == (
        "def f(all_series):\n"
        "    series = all_series.get()\n"
        "    return [g(series=series), all_series]\n"
    )


def test_fields_and_texts_keep_the_word_for_several() -> None:
    source = 'class Totals:\n    <entities>: int\n    path = "/<entities>"\n'
    assert resolved(source, model="News") == ('class Totals:\n    news: int\n    path = "/news"\n')


def test_a_plural_that_is_given_tells_them_apart() -> None:
    source = "def f(<entities>): return [<entity> for <entity> in <entities>]\n"
    assert resolved(source, model="Series", plural="seasons") == (
        "def f(seasons): return [series for series in seasons]\n"
    )


# --- what cannot be called otherwise -----------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "model", "why"),
    [
        ("def f(row):\n    <entity> = row\ndef g(): f(row=1)\n", "Row", "a parameter that others"),
        ("@get\ndef f(row):\n    <entity> = row\n", "Row", "a parameter that others know"),
        ("def test_it(row):\n    <entity> = row\n", "Row", "a parameter that others know"),
        ("async def test_it(row):\n    <entity> = row\n", "Row", "a parameter that others know"),
        ("class A:\n    sku = 1\n    <entity> = sku\n", "Sku", "an attribute of A"),
        ("class <model>Item:\n    sku: int\n    <entity>: int\n", "Sku", "an attribute of SkuItem"),
        ("def row(): ...\ndef f(<entity>): row()\n", "Row", "a function or class of its own"),
        ("class Row: ...\nclass <model>: ...\n", "Row", "a function or class of its own"),
        ("def f(<entity>): return str(<entity>)\n", "Str", "needed as Python's own"),
        ("<entity> = 1\ndef f(): return str(2)\n", "Str", "needed as Python's own"),
        (
            "def f(<entity>):\n    try: ...\n    except OSError as error: g(error)\n",
            *("Error", "a caught error"),
        ),
        ("from a import b as row\ndef f(<entity>): row()\n", "Row", "what an import is called"),
        ("import row.x\ndef f(<entity>): row.x()\n", "Row", "a part of what is imported"),
        (
            "row = 1\ndef f(<entity>):\n    global row\n    return g\n",
            *("Row", "a variable of code around it"),
        ),
        (
            "def f(<entity>):\n    match <entity>:\n        case [row]: return row\n",
            *("Row", "what a pattern catches"),
        ),
        (
            "def f(<entity>):\n    match <entity>:\n        case [*row]: return row\n",
            *("Row", "what a pattern catches"),
        ),
        (
            "def f(<entity>):\n    match <entity>:\n        case {**row}: return row\n",
            *("Row", "what a pattern catches"),
        ),
    ],
)
def test_what_has_to_keep_its_name_is_told(source: str, model: str, why: str) -> None:
    message = refused(source, model=model)
    assert " in one.py, " in message
    assert f" is {why}" in message


@pytest.mark.parametrize(
    "other",
    [
        "from app.one import router\n",
        "from app import one\none.router\n",
        "from app import one as that\nthat.router\n",
        "from app import one as that\npatch.setattr(that, 'router', 1)\n",
    ],
)
def test_what_other_files_use_keeps_its_name(other: str) -> None:
    source = "router = g()\ndef f(<entity>): return router, <entity>\n"
    unrelated = "from app.two import router\nx = one.router, f(one, 'router')\n"
    assert resolved(source, unrelated, model="Router") == (
        "router_ = g()\ndef f(router): return router_, router\n"
    )
    assert "'router' is what other files use of it" in refused(source, other, model="Router")


def test_the_file_is_named_as_the_project_has_it() -> None:
    tree = {
        PurePosixPath(f"{PLACEHOLDERS.package}/{PLACEHOLDERS.entities}.py"): with_placeholders(
            "def f(<entity>): return str(<entity>)\n"
        )
    }
    with pytest.raises(OptionError, match=r"does not go: in shop/strs\.py, 'str' is needed"):
        without_collisions(tree, names_of("shop", "Str"))


def test_two_files_cannot_be_one() -> None:
    tree = {PurePosixPath(f"{PLACEHOLDERS.entities}.txt"): "", PurePosixPath("errors.txt"): ""}
    with pytest.raises(OptionError, match=r"^two files would be errors\.txt: choose another"):
        without_collisions(tree, names_of("app", "Error"))


# --- across files ------------------------------------------------------------------------------

MODELS = (
    "class <model>(Base):\n    __tablename__ = '<entities>'\n"
    "class <model>Item(Base):\n    __tablename__ = '<entity>_items'\n    <entity>: int\n"
)


def test_a_table_is_there_once() -> None:
    audit = "class AuditEntry(Base):\n    __tablename__ = 'audit_entries'\n"
    assert resolved(MODELS, audit, model="Audit")
    message = refused(MODELS, audit, model="AuditEntry")
    assert "a table 'audit_entries' is there, as in one.py" in message


def test_a_plural_cannot_be_what_the_items_are_called() -> None:
    message = refused(MODELS, model="Order", plural="order_items")
    assert "a table 'order_items' is there, as in one.py" in message


@pytest.mark.parametrize(
    ("model", "base"),
    [
        ("Id", "class Base(Root):\n    id: int\n"),
        ("Version", "class Root:\n    version = 1\nclass Base(Root): ...\n"),
        ("Stamp", "class Root:\n    def stamp(self): ...\nclass Base(Root): ...\n"),
        ("Metadata", "class Base(DeclarativeBase): ...\n"),
        ("Registry", "class Base(DeclarativeBase): ...\n"),
    ],
)
def test_a_field_replaces_no_attribute_that_its_class_inherits(model: str, base: str) -> None:
    assert resolved(MODELS, base, model="Order")
    message = refused(MODELS, base, model=model)
    assert f"{model.lower()!r} is an attribute that {model}Item inherits" in message
