"""The parts of the oracle: what mypy writes, and the copy that it reads."""

import ast
from pathlib import Path

import pytest

from async_db.modernizing.oracle.fixtures import Fixtures
from async_db.modernizing.oracle.revealed import Note, classes_of, notes_in, returned_by
from async_db.modernizing.oracle.shadow import Shadow, copy_paths, is_exact
from async_db.target import Module, SourceFile, parse, read_project


def module_of(text: str, path: str = "a.py") -> Module:
    (modules, _) = parse([SourceFile(path, text.encode(), matters=True)])
    return modules[0]


def tree_of(module: Module) -> ast.Module:
    assert module.tree is not None
    return module.tree


@pytest.mark.parametrize(
    ("revealed", "classes"),
    [
        ("app.a.Orders", ("app.a.Orders",)),
        ("app.a.Orders?", ("app.a.Orders",)),
        ("app.a.Orders | None", ("app.a.Orders",)),
        ("app.a.Box[app.a.Orders | None]", ("app.a.Box",)),
        ("app.a.Orders | app.a.Box[builtins.int]", ("app.a.Orders", "app.a.Box")),
        *((text, ()) for text in ("Any", "None", "def () -> app.a.Orders", "T`-1", "Never")),
        ("app.a.Orders | Any", ()),
        ("tuple[app.a.Orders, app.a.Orders]", ()),
        ("type[app.a.Orders]", ()),
    ],
)
def test_classes(revealed: str, classes: tuple[str, ...]) -> None:
    assert classes_of(revealed) == classes


@pytest.mark.parametrize(
    ("revealed", "returned"),
    [
        ("def () -> app.a.Orders", "app.a.Orders"),
        ("def (find: def (builtins.int) -> None) -> app.a.Orders", "app.a.Orders"),
        ("app.a.Orders", ""),
        ("Overload(def () -> app.a.A, def () -> app.a.B)", ""),
    ],
)
def test_returned(revealed: str, returned: str) -> None:
    assert returned_by(revealed) == returned


def test_notes() -> None:
    output = (
        'app/a.py:3:5: note: Revealed type is "app.a.Orders"\n'
        'app/a.py:4:5: error: Name "b" is not defined\n'
        'app/a.py:5:1: note: Revealed type is "Literal[\'"x"\']?"\n'
    )

    assert notes_in(output) == [
        Note("app/a.py", 3, 5, "app.a.Orders"),
        Note("app/a.py", 5, 1, "Literal['\"x\"']?"),
    ]


def test_a_copy_asks_where_it_says() -> None:
    module = module_of("def f(a, b):\n    é = a.b().c(); return (b\n        .d(a).e())\n")
    asked = [
        node.func.value
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    shadow = Shadow(module, "a.py")
    shadow.ask(asked)
    shadow.annotate(next(iter(module.all_functions)).parameters[0], "T0", "types_of_it")

    text = shadow.text

    assert text.splitlines()[:3] == [
        "def f(a: T0, b):",
        "    _ = reveal_type(reveal_type(a).b()).c(); return (reveal_type(reveal_type(b)",
        "        .d(a)).e())",
    ]
    assert "from types_of_it import T0" in text
    lines = text.splitlines()
    places = {
        lines[line - 1][column - 1 :][:14]: ast.unparse(node)
        for (line, column), node in shadow.asked_at.items()
    }
    assert places == {
        "reveal_type(a)": "a.b()",
        "a).b()).c(); r": "a",
        "reveal_type(b)": "b.d(a)",
        "b)": "b",
    }


def test_a_file_that_reveals_types_itself_is_left_alone() -> None:
    module = module_of("def f(a):\n    reveal_type(a.b())\n")
    shadow = Shadow(module, "a.py")

    shadow.ask(node for node in ast.walk(tree_of(module)) if isinstance(node, ast.Name))

    assert shadow.asked_at == {}
    assert shadow.text.startswith(module.text)


def test_what_does_not_stand_where_ast_says_is_not_asked() -> None:
    module = module_of("def f(a):\n    return a.b(1)\n")
    (call,) = (n for n in ast.walk(tree_of(module)) if isinstance(n, ast.Call))
    assert is_exact(module, call)

    call.col_offset += 1

    assert not is_exact(module, call)


def test_copies_lie_where_they_are_imported_from() -> None:
    sources = [
        SourceFile(path, b"import sqlalchemy\n", matters=True)
        for path in (
            *("src/app/__init__.py", "src/app/a.py", "conftest.py", "tools/not-a-module.py"),
            "second/conftest.py",
        )
    ]
    modules, _ = parse(sources)

    paths = {module.path: path for module, path in copy_paths(modules).items()}

    assert paths["src/app/__init__.py"] == "app/__init__.py"
    assert paths["src/app/a.py"] == "app/a.py"
    assert paths["conftest.py"] == "conftest.py"
    assert len(set(paths.values())) == len(sources)
    apart = [path for path in paths.values() if path.startswith("_async_db_others/")]
    assert paths["tools/not-a-module.py"] in apart


def test_the_nearest_fixture_is_given(tmp_path: Path) -> None:
    fixture = "import pytest\nimport sqlalchemy\n\n\n@pytest.fixture{}\ndef {}():\n    return {}\n"
    test = "import sqlalchemy\n\n\ndef test_it(client, other, unknown, given: int):\n    pass\n"
    files = {
        "tests/conftest.py": fixture.format("", "client", 1),
        "tests/api/conftest.py": fixture.format("(name='client')", "make_client", 2),
        "tests/other/conftest.py": fixture.format("", "other", 3),
        "tests/plugin.py": fixture.format("()", "given", 4),
        "tests/api/test_it.py": test,
        "tests/other/test_it.py": test,
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    fixtures = Fixtures(read_project(tmp_path))

    found = {
        (function.module.path, argument.arg, ast.unparse(fixture.given[0]))
        for function, argument, fixture in fixtures.asked_for()
    }

    assert found == {
        ("tests/api/test_it.py", "client", "2"),
        ("tests/other/test_it.py", "client", "1"),
        ("tests/other/test_it.py", "other", "3"),
    }
