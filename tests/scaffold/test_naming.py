"""Names that follow from the class of a model."""

import keyword
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from async_db.scaffold.naming import (
    PLACEHOLDERS,
    Names,
    filled_in,
    has_placeholder,
    names_of,
    plural,
    snake_case,
)

MODELS = st.from_regex(r"[A-Z][A-Za-z0-9]*", fullmatch=True)
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


@pytest.mark.parametrize(
    ("model", "entity"),
    [
        ("Order", "order"),
        ("OrderLine", "order_line"),
        ("Order2Line", "order2_line"),
        ("HTTPRequest", "http_request"),
        ("APIKey", "api_key"),
        ("ABTest", "ab_test"),
        ("OAuthToken", "oauth_token"),
        ("OAuth2Client", "oauth2_client"),
        ("IPhone", "iphone"),
        ("EMail", "email"),
        ("TShirt", "tshirt"),
        ("PDF", "pdf"),
        ("URLs", "urls"),
        ("UserIDs", "user_ids"),
        ("HTTPStatus", "http_status"),
        ("LineY", "line_y"),
        ("X2", "x2"),
    ],
)
def test_words_of_a_class_name(model: str, entity: str) -> None:
    assert snake_case(model) == entity


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("order", "orders"),
        ("order_line", "order_lines"),
        ("category", "categories"),
        ("journey", "journeys"),
        ("box", "boxes"),
        ("batch", "batches"),
        ("dish", "dishes"),
        ("address", "addresses"),
        ("status", "statuses"),
        ("alias", "aliases"),
        ("process", "processes"),
        ("quiz", "quizzes"),
        ("leaf", "leaves"),
        ("hero", "heroes"),
        ("photo", "photos"),
        ("index", "indexes"),
        ("schema", "schemas"),
        ("person", "people"),
        ("child", "children"),
        ("sales_person", "sales_people"),
        ("analysis", "analyses"),
        ("criterion", "criteria"),
        ("datum", "data"),
        ("y", "ys"),
    ],
)
def test_plurals(one: str, several: str) -> None:
    assert plural(one) == several


@pytest.mark.parametrize(
    "several",
    ["orders", "order_lines", "people", "analyses", "leaves", "quizzes", "children", "data"],
)
def test_what_is_plural_stays(several: str) -> None:
    assert plural(several) == several


@pytest.mark.parametrize("either", ["series", "news", "species", "sheep", "equipment"])
def test_what_has_no_plural_stays(either: str) -> None:
    assert plural(either) == either


def test_all_names_of_a_project() -> None:
    assert names_of("web_shop", "OrderLine") == Names(
        package="web_shop",
        distribution="web-shop",
        model="OrderLine",
        entity="order_line",
        entities="order_lines",
        slug="order-lines",
        words="order line",
    )


def test_a_plural_that_is_given_counts() -> None:
    names = names_of("app", "Person", "team_members")
    assert (names.entity, names.entities, names.slug) == ("person", "team_members", "team-members")


@given(MODELS)
def test_names_of_a_class_are_identifiers(model: str) -> None:
    names = names_of("app", model)
    assert names.entity.replace("_", "") == model.lower()
    for name in (names.entity, names.entities):
        assert IDENTIFIER.fullmatch(name)
        assert "__" not in name
        assert not name.endswith("_")
    assert names.slug.replace("-", "_") == names.entities


@given(MODELS)
def test_a_plural_ends_where_its_last_word_does(model: str) -> None:
    *before, last = snake_case(model).split("_")
    assert plural("_".join([*before, last])).split("_")[:-1] == before


@given(st.text(max_size=20), st.sampled_from(sorted(PLACEHOLDERS.context())))
def test_placeholders_are_filled_in_and_all_else_stays(text: str, name: str) -> None:
    assume(not has_placeholder(text))  # hypothesis tries the constants of the code, too
    names = names_of("web_shop", "OrderLine")
    placeholder, value = PLACEHOLDERS.context()[name], names.context()[name]
    assert filled_in(text, names) == text
    assert has_placeholder(f"{text}{placeholder}_id{text}")
    assert filled_in(f"{text}{placeholder}_id{text}", names) == f"{text}{value}_id{text}"


def test_a_placeholder_is_of_the_kind_that_it_stands_for() -> None:
    # What is rendered with them is parsed as Python before they are filled in.
    for name, placeholder in PLACEHOLDERS.context().items():
        assert placeholder.isidentifier()
        assert not keyword.iskeyword(placeholder)
        assert placeholder[0].isupper() == (name == "model")
    values = list(PLACEHOLDERS.context().values())
    assert not [a for a in values for b in values if a != b and a in b]
