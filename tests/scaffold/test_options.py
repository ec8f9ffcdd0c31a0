"""Which values options may have, alone and together."""

import pytest

from async_db.scaffold.options import (
    LONGEST_NAME,
    Option,
    OptionError,
    Options,
    check_options,
    check_value,
)

WIRING = Option(
    *("wiring", "choice", "depends", "How.", ("depends", "container")),
    needs={"container": {"database": "both"}},
)
DATABASE = Option("database", "choice", "postgresql", "Which.", ("postgresql", "sqlite", "both"))
WITH = Option("with", "set", "", "What else.", ("search", "export", "import"))
PACKAGE = Option("package", "package", "app", "Name.")
MODEL = Option("model", "model", "Order", "Class.")
PLURAL = Option("plural", "plural", "", "Several.")
ALL = {option.name: option for option in (WIRING, DATABASE, WITH, PACKAGE, MODEL, PLURAL)}


def checked(**given: str) -> Options:
    return check_options(ALL, {name.rstrip("_"): value for name, value in given.items()})


# --- choices and sets --------------------------------------------------------------------------


def test_what_is_not_given_has_its_default() -> None:
    assert checked(database="both").values == {
        "wiring": "depends",
        "database": "both",
        "with": "",
        "package": "app",
        "model": "Order",
        "plural": "",
    }


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(OptionError, match=r"^unknown option colour: there are wiring, database"):
        checked(colour="blue")


@pytest.mark.parametrize("value", ["mysql", "", "postgresql,sqlite", "SQLite", "sqlite "])
def test_a_choice_is_one_of_its_list(value: str) -> None:
    with pytest.raises(
        OptionError, match=r"^database = .* is not one of postgresql, sqlite, both$"
    ):
        checked(database=value)


def test_a_choice_that_needs_another_is_refused_without_it() -> None:
    assert checked(wiring="container", database="both")
    assert checked(wiring="depends", database="sqlite")
    with pytest.raises(OptionError, match=r"^wiring = 'container' needs database = 'both'$"):
        checked(wiring="container")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("", ""),
        ("export", "export"),
        ("export,search", "search,export"),
        ("import,import", "import"),
        (" import , search,", "search,import"),
        (",", ""),
    ],
)
def test_a_set_is_put_in_order_without_duplicates(value: str, kept: str) -> None:
    assert checked(with_=value).values["with"] == kept


@pytest.mark.parametrize(
    ("value", "unknown"),
    [
        ("colour", "colour"),
        ("search,colour,size", "colour"),
        ("search;export", "search;export"),
        ("search export", "search export"),
    ],
)
def test_a_set_has_only_members_of_its_list(value: str, unknown: str) -> None:
    with pytest.raises(OptionError) as refused:
        checked(with_=value)
    assert str(refused.value) == (
        f"with = {value!r} has {unknown!r}, which is not one of search, export, import"
    )


def test_a_value_is_there_alone_or_among_others() -> None:
    options = checked(with_="import,search", database="sqlite")
    assert options.has("with", "search")
    assert not options.has("with", "export")
    assert options.has("database", "sqlite")
    assert not options.has("database", "both")


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "shop", "shop2", "order_service", "match", "type", "x" * 40])
def test_package_names(name: str) -> None:
    assert checked(package=name).package == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is not a package name"),
        ("Shop", "is not a package name"),
        ("1shop", "is not a package name"),
        ("my-shop", "is not a package name"),
        ("my.shop", "is not a package name"),
        ("../shop", "is not a package name"),
        ("shop\n", "is not a package name"),
        ("_shop", "is not a package name"),
        ("shop_", "is not a package name"),
        ("café", "is not a package name"),
        ("a" * (LONGEST_NAME + 1), "is too long"),
        ("class", "is a Python keyword"),
        ("json", "would hide the standard library's module"),
        ("sqlalchemy", "would hide something that the project uses"),
        ("asgi_lifespan", "would hide something that the project uses"),
        ("alembic", "would hide something that the project uses"),
        ("py", "would hide something that the project uses"),
    ],
)
def test_refused_package_names(name: str, reason: str) -> None:
    with pytest.raises(OptionError, match=f"^package = .* {reason}"):
        checked(package=name)


@pytest.mark.parametrize("name", ["Order", "OrderLine", "HTTPRequest", "X2", "Match", "O" * 40])
def test_model_names(name: str) -> None:
    assert checked(model=name).values["model"] == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is not a class name"),
        ("order", "is not a class name"),
        ("Order_Line", "is not a class name"),
        ("Order\n", "is not a class name"),
        ("Ordér", "is not a class name"),
        ("O" * (LONGEST_NAME + 1), "is too long"),
        ("Oo" * 20, "is too long"),
        ("None", "would be called 'None', which Python needs"),
        ("Class", "would be called 'class', which Python needs"),
        ("Import", "would be called 'import', which Python needs"),
        ("Self", "would be called 'self', which Python needs"),
        ("Cls", "would be called 'cls', which Python needs"),
    ],
)
def test_refused_model_names(name: str, reason: str) -> None:
    with pytest.raises(OptionError, match=f"^model = .* {reason}"):
        checked(model=name)


@pytest.mark.parametrize("name", ["people", "order_lines", "x2", "data"])
def test_plurals_that_are_given(name: str) -> None:
    assert checked(plural=name).names.entities == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Orders", "is not a name for several"),
        ("order-lines", "is not a name for several"),
        ("orders_", "is not a name for several"),
        ("a/b", "is not a name for several"),
        ("class", "is not a name for several"),
        ("s" * (LONGEST_NAME + 1), "is too long"),
    ],
)
def test_refused_plurals(name: str, reason: str) -> None:
    with pytest.raises(OptionError, match=f"^plural = .* {reason}"):
        checked(plural=name)


def test_a_plural_that_python_needs_is_refused_until_another_is_given() -> None:
    with pytest.raises(OptionError, match=r"^several of A would be called 'as', .* with --plural$"):
        checked(model="A")
    assert checked(model="A", plural="letters").names.entities == "letters"


@pytest.mark.parametrize("name", ["package", "with", "database"])
def test_a_refusal_of_a_long_value_is_one_short_line(name: str) -> None:
    with pytest.raises(OptionError) as refused:
        check_options(ALL, {name: "x\n" * 10_000})
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)


def test_a_value_is_checked_without_the_others() -> None:
    check_value(WIRING, "container")
    with pytest.raises(OptionError, match=r"^wiring = 'both' is not one of depends, container$"):
        check_value(WIRING, "both")


# --- what templates are given ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("database", "postgresql", "sqlite"),
    [("postgresql", True, False), ("sqlite", False, True), ("both", True, True)],
)
def test_templates_know_each_database(database: str, postgresql: bool, sqlite: bool) -> None:
    context = checked(database=database).context()
    assert (context["postgresql"], context["sqlite"]) == (postgresql, sqlite)


def test_templates_know_the_names() -> None:
    options = checked(model="OrderCategory", package="web_shop")
    context = options.context(options.names)
    assert context["distribution"] == "web-shop"
    assert context["entities"] == "order_categories"
    assert context["words"] == "order category"
    assert "with" not in context


def test_templates_are_given_no_names_unless_asked_to() -> None:
    assert checked(model="Person", package="shop").context() == checked().context()


@pytest.mark.parametrize(
    ("fastapi", "scope"), [("0.121", ', scope="function"'), ("0.106", ""), (None, 'e="function"')]
)
def test_dependencies_are_scoped_where_fastapi_can(fastapi: str | None, scope: str) -> None:
    versions = Option("fastapi", "choice", "0.121", "Oldest.", ("0.121", "0.106"))
    known = ALL | {"fastapi": versions} if fastapi else ALL
    given = {"fastapi": fastapi} if fastapi else {}
    assert str(check_options(known, given).context()["function_scope"]).endswith(scope)
