import ast

import pytest

from async_db.modernizing.editing import EditConflict, Editing, Replacement, edited, moved
from async_db.modernizing.imports import edit_imports


def editing_of(text: str) -> Editing:
    return Editing(text, ast.parse(text))


def call_of(editing: Editing, name: str) -> ast.Call:
    """Give the call of a name."""
    return next(
        each
        for each in ast.walk(editing.tree)
        if isinstance(each, ast.Call) and ast.unparse(each.func).endswith(name)
    )


def result(editing: Editing) -> str:
    return edited(editing.places.text, editing.replacements)


def test_await_has_parentheses_where_something_is_done_with_it() -> None:
    editing = editing_of("x = s.get(1).name, s.put(s.pop(2)), s.all()[0], s.two() ** 2\n")
    for name in ("get", "put", "pop", "all", "two"):
        editing.await_(call_of(editing, name))
    assert result(editing) == (
        "x = (await s.get(1)).name, await s.put(await s.pop(2)), (await s.all())[0],"
        " (await s.two()) ** 2\n"
    )


def test_what_opens_the_wider_node_stands_further_left() -> None:
    editing = editing_of("f(1).g(2)\n")
    editing.wrap(call_of(editing, "f"), "<", ">")
    editing.wrap(call_of(editing, "g"), "[", "]")
    assert result(editing) == "[<f(1)>.g(2)]\n"


def test_columns_count_bytes() -> None:
    editing = editing_of("ä = 'öü', f(1)\n")
    editing.await_(call_of(editing, "f"))
    assert result(editing) == "ä = 'öü', await f(1)\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_end_as_the_file_has_them(newline: str) -> None:
    editing = editing_of(f"a = 1{newline}b = f(){newline}")
    editing.comment(call_of(editing, "f"), "said")
    assert result(editing) == f"a = 1{newline}# said{newline}b = f(){newline}"


def test_two_edits_of_the_same_characters_are_refused() -> None:
    with pytest.raises(EditConflict):
        edited("abcdef", [Replacement(1, 4, "x"), Replacement(2, 3, "y")])


def test_the_place_behind_edits() -> None:
    edits = [Replacement(0, 0, "await "), Replacement(2, 4, "")]
    assert edited("abcdef", edits) == "await abef"
    assert moved(6, edits) == len("await abef")


def test_a_statement_that_stands_alone_leaves_pass() -> None:
    editing = editing_of("def f():\n    g()\nh()\n")
    editing.delete_statement(editing.statement(call_of(editing, "g")))
    editing.delete_statement(editing.statement(call_of(editing, "h")))
    assert result(editing) == "def f():\n    pass\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\n\nx = 1\n", "import os\nfrom a.b import C\n\nx = 1\n"),
        ('"""Doc."""\n\nx = 1\n', '"""Doc."""\nfrom a.b import C\n\nx = 1\n'),
        ("x = 1\n", "from a.b import C\nx = 1\n"),
        ("", "from a.b import C\n"),
        ("import os", "import os\nfrom a.b import C\n"),
        ("from a.b import B, D\n", "from a.b import B, C, D\n"),
        ("from a.b import C\n", "from a.b import C\n"),
        ("from a.b import C as D\n", "from a.b import C, C as D\n"),
        ("from a.b import (\n    B,  # why\n)\n", "from a.b import (\n    B,  # why\n    C,\n)\n"),
        (
            "from a.b import (\n    B,\n    D,\n)\n",
            "from a.b import (\n    B,\n    C,\n    D,\n)\n",
        ),
        ("from a.b import (A,\n    B)\n", "from a.b import (A,\n    B, C)\n"),
        ("from .b import B\n", "from .b import B\nfrom a.b import C\n"),
    ],
)
def test_adding_an_import(before: str, after: str) -> None:
    found = edited(before, edit_imports(before, [("a.b", "C")], ()))
    assert found == after
    ast.parse(found)


def test_a_module_and_names_of_it_are_imported_side_by_side() -> None:
    found = edited("x = 1\n", edit_imports("x = 1\n", [("a", "C"), ("a", ""), ("a", "B")], ()))
    assert found == "import a\nfrom a import B, C\nx = 1\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from a import B, C\nC\n", "from a import C\nC\n"),
        ("from a import B\nC\n", "C\n"),
        ("from a import B\nB\n", "from a import B\nB\n"),
        ("from a import B\nx: 'list[B]' = 1\n", "from a import B\nx: 'list[B]' = 1\n"),
        ("from a import B\n__all__ = ['B']\n", "from a import B\n__all__ = ['B']\n"),
        ("from a import (\n    B,\n    C,\n)\nC\n", "from a import (\n    C,\n)\nC\n"),
        ("if x:\n    from a import B\n", "if x:\n    pass\n"),
        ("from a import D as B, C\nC\n", "from a import C\nC\n"),
    ],
)
def test_dropping_an_import_that_nothing_uses(before: str, after: str) -> None:
    assert edited(before, edit_imports(before, [], {"B"})) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            (
                "from typing import TYPE_CHECKING\nimport x\n\nif TYPE_CHECKING:\n"
                "    from a import A\n    from b import B\n\nx.y()\n"
            ),
            "import x\n\n\nx.y()\n",
        ),
        (
            "try:\n    from a import A\n    from b import B\nexcept ImportError:\n    x = 1\n",
            "try:\n    pass\nexcept ImportError:\n    x = 1\n",
        ),
    ],
)
def test_a_block_that_loses_all_its_imports(before: str, after: str) -> None:
    assert edited(before, edit_imports(before, [], {"A", "B"})) == after
