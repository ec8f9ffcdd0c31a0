"""Templates read as the code that they render to: options choose files, and seldom lines."""

from collections.abc import Iterator

import pytest
from jinja2 import Environment, nodes

from async_db.scaffold.manifest import Contribution
from helpers.rendered import MANIFEST, TEMPLATES

MOST_IN_ONE = 6
MOST_IN_ALL = 60
MOST_INLINE = 8


def parsed(source: str) -> nodes.Template:
    return Environment(autoescape=True).parse(source)


def templates() -> dict[str, nodes.Template]:
    paths = sorted(TEMPLATES.rglob("*.jinja"))
    assert len(paths) > 80
    return {str(path.relative_to(TEMPLATES)): parsed(path.read_text("utf-8")) for path in paths}


def contributions() -> Iterator[nodes.Template]:
    def texts(each: Contribution) -> list[str]:
        return [each] if isinstance(each, str) else list(each.values())

    for tree in MANIFEST.trees.values():
        for kind in tree.contributions.values():
            for each in kind:
                yield from map(parsed, texts(each))


def conditions(template: nodes.Node) -> int:
    """Count `if` and `elif`, and loops that leave something out."""
    filtered = [loop for loop in template.find_all(nodes.For) if loop.test is not None]
    return len(list(template.find_all(nodes.If))) + len(filtered)


def inline(template: nodes.Node) -> int:
    return len(list(template.find_all(nodes.CondExpr)))


def is_nested(template: nodes.Node) -> bool:
    # An `elif` is a condition of its own, beside the `if` that it follows.
    return any(
        isinstance(inner, nodes.If) or conditions(inner)
        for outer in template.find_all(nodes.If)
        for inner in (*outer.body, *outer.else_)
    )


@pytest.mark.parametrize(
    ("source", "count", "nested"),
    [
        ("a {{ b }} {% for c in d %}{{ c }}{% endfor %}", 0, False),
        ("{% if a %}x{% endif %}{% if b %}x{% else %}y{% endif %}", 2, False),
        ("{%- if a -%}x{%- elif b -%}y{%+ elif c %}z{% endif %}", 3, False),
        ("{% for a in b if a %}{% endfor %}", 1, False),
        ("{% for a in b %}{% if a %}x{% endif %}{% endfor %}", 1, False),
        ("{% if a %}{% if b %}x{% endif %}{% endif %}", 2, True),
        ("{% if a %}x{% elif b %}{% if c %}{% endif %}{% endif %}", 3, True),
        ("{% if a %}x{% else %}{% for b in c %}{% if b %}{% endif %}{% endfor %}{% endif %}", 2, True),
    ],
)  # fmt: skip
def test_conditions_are_counted(source: str, count: int, nested: bool) -> None:
    template = parsed(source)
    assert (conditions(template), is_nested(template)) == (count, nested)


def test_no_template_has_many_conditions() -> None:
    counts = {name: conditions(template) for name, template in templates().items()}
    assert not {name: count for name, count in counts.items() if count > MOST_IN_ONE}
    assert 0 < sum(counts.values()) <= MOST_IN_ALL


def test_no_condition_is_in_another() -> None:
    assert not [name for name, template in templates().items() if is_nested(template)]


def test_conditions_in_a_line_are_few() -> None:
    every = [*templates().values(), *contributions()]
    assert 0 < sum(map(inline, every)) <= MOST_INLINE
