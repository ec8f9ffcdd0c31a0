"""Names that follow from a class name: of variables, tables, folders and paths."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import inflect


def snake_case(name: str) -> str:
    """`OrderLine` -> `order_line`, `HTTPRequest` -> `http_request`, `OAuthToken` -> `oauth_token`."""
    # A capital that stands alone at the beginning is a part of the word after it.
    name = re.sub(r"^([A-Z])([A-Z])(?=[a-z])", lambda found: found[0].capitalize(), name)
    name = name.replace("OAuth", "Oauth")
    # Several of what is written in capitals, as `SKUs`, are one word.
    name = re.sub(r"[A-Z]{2,}s(?![a-z])", lambda found: found[0].capitalize(), name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def plural(noun: str) -> str:
    """`order_line` -> `order_lines`, `person` -> `people`; `orders`, `news` and `data` stay."""
    *before, last = noun.split("_")
    return "_".join([*before, _plural_word(last)])


def _plural_word(word: str) -> str:
    english = _english()
    several, one = english.plural_noun(word), english.singular_noun(word)
    is_plural = several.endswith("ss") or (
        one and not word.endswith("s") and english.plural_noun(one) == word
    )
    return word if is_plural else several


@cache
def _english() -> "inflect.engine":
    """Load what knows plurals, as it is written: typeguard would rewrite it, for over a second."""
    import typeguard

    rewriting = typeguard.typechecked
    typeguard.typechecked = lambda function: function  # type: ignore[assignment]
    try:
        import inflect
    finally:
        typeguard.typechecked = rewriting
    return inflect.engine()


@dataclass(frozen=True)
class Names:
    """All that a project is named by."""

    package: str
    distribution: str
    """The package as `pyproject.toml` names it."""
    model: str
    """The class."""
    entity: str
    """A variable, and the stem of columns and tables."""
    entities: str
    """Several: a variable, a folder, a table."""
    slug: str
    """Several, as a URL names them."""
    words: str
    """One, in a sentence."""

    def context(self) -> dict[str, str]:
        """Give what templates call them."""
        return dict(vars(self))


def names_of(package: str, model: str, plural_given: str = "") -> Names:
    """Derive all names from the package's, the model's class and, if English needs it, its plural."""
    entity = snake_case(model)
    entities = plural_given or plural(entity)
    return Names(
        package=package,
        distribution=package.replace("_", "-"),
        model=model,
        entity=entity,
        entities=entities,
        slug=entities.replace("_", "-"),
        words=entity.replace("_", " "),
    )


PLACEHOLDERS = Names(
    package="zqpackagezq",
    distribution="zqdistributionzq",
    model="Zqmodelzq",
    entity="zqentityzq",
    entities="zqentitieszq",
    slug="zqslugzq",
    words="zqwordszq",
)
"""Names that are nobody's, so that what they stand in can be told from the rest."""

_PLACEHOLDER = re.compile("|".join(PLACEHOLDERS.context().values()))


def has_placeholder(text: str) -> bool:
    """Say whether a text has been derived from the names."""
    return _PLACEHOLDER.search(text) is not None


def filled_in(text: str, names: Names) -> str:
    """Put names where their placeholders are."""
    values: Mapping[str, str] = names.context()
    by_placeholder = {token: values[key] for key, token in PLACEHOLDERS.context().items()}
    return _PLACEHOLDER.sub(lambda found: by_placeholder[found[0]], text)
