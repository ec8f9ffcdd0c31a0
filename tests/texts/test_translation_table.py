"""The translation table in the text is what the proof executes, row by row and nothing else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from async_db.rules import Rule

RULE = "queries/select-not-query"
PARTS = ("rows", "models", "of_reads", "of_joins", "of_writes", "of_errors")
"""The modules of the table, in its order."""
TABLES = ("queries-table.md", "queries-table-more.md")
CELL = re.compile(r"(?<!\\)\|")
CODE = re.compile(r"`([^`]+)`")

Cells = tuple[str, ...]
"""A row's code, each cell as Python writes it: an empty one where a side has nothing."""


@pytest.fixture(scope="module")
def rule(rules: tuple[Rule, ...]) -> Rule:
    return next(rule for rule in rules if rule.name == RULE)


@pytest.fixture(scope="module")
def proof(root: Path, rule: Rule) -> ast.Module:
    """The proof and the table beside it, as one module."""
    parts = [(root / rule.proof).parent / f"translation_{part}.py" for part in PARTS]
    assert set(parts) == set((root / rule.proof).parent.glob("translation_*.py"))
    sources = [path.read_text("utf-8") for path in (*parts, root / rule.proof)]
    return ast.parse("\n".join(sources))


@pytest.fixture(scope="module")
def table(root: Path, rule: Rule) -> list[Cells]:
    paths = [*(root / "references" / name for name in TABLES), root / rule.story]
    text = "\n".join(path.read_text("utf-8") for path in paths)
    rows = [CELL.split(line)[1:-1] for line in text.splitlines() if line.startswith("|")]
    return [
        tuple("; ".join(CODE.findall(cell.replace("\\|", "|"))) for cell in row)
        for row in rows
        if any("`" in cell for cell in row)
    ]


def test_the_rows_are_what_is_executed(proof: ast.Module, table: list[Cells]) -> None:
    executed = [*decorated(proof, "same"), *decorated(proof, "gone"), *models(proof)]
    assert len(executed) > 80
    assert sorted(tuple(map(normal, row[:2])) for row in table) == sorted(
        tuple(map(normal, row[:2])) for row in executed
    )


def test_the_errors_are_those_that_are_raised(proof: ast.Module, table: list[Cells]) -> None:
    stated = [row[2] for row in table if len(row) == 3]
    raised = [row[2] for row in decorated(proof, "gone")]
    assert stated
    assert len(stated) == len(raised)
    for text, error in zip(stated, raised, strict=True):
        assert error.startswith(text), text


def decorated(module: ast.Module, name: str) -> Iterator[Cells]:
    """Give the cells of each function under that decorator, whose first argument is a lambda."""
    for node in module.body:
        for call in getattr(node, "decorator_list", []):
            if isinstance(node, ast.AsyncFunctionDef) and is_call_of(call, name):
                old, *rest = call.args
                assert isinstance(old, ast.Lambda)
                error = [ast.literal_eval(each) for each in rest[:1]]
                yield old_code(old.body), "; ".join(map(statement, node.body)), *error


def models(module: ast.Module) -> Iterator[Cells]:
    """Give the attributes of each model before and after, those of one name side by side."""
    classes = {
        node.name: attributes(node) for node in module.body if isinstance(node, ast.ClassDef)
    }
    seen = set()
    for name, old in classes.items():
        new = classes.get(name.removeprefix("Old"), old)
        for attribute in old | new:
            cells = renamed(old.get(attribute, "")), new.get(attribute, "")
            if cells not in seen and cells[0] != cells[1]:
                seen.add(cells)
                yield cells


def attributes(model: ast.ClassDef) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in model.body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        found |= {each.id: ast.unparse(node) for each in targets if isinstance(each, ast.Name)}
    return found


def is_call_of(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def old_code(node: ast.expr) -> str:
    parts = node.args if is_call_of(node, "in_turn") and isinstance(node, ast.Call) else [node]
    return renamed("; ".join(map(expression, parts)))


def expression(node: ast.expr) -> str:
    """Give an expression as it is written where statements may stand."""
    if isinstance(node, ast.NamedExpr):
        return f"{ast.unparse(node.target)} = {ast.unparse(node.value)}"
    return ast.unparse(node)


def statement(node: ast.stmt) -> str:
    value = node.value if isinstance(node, ast.Return) else None
    return ast.unparse(value or node)


def renamed(code: str) -> str:
    """Leave out what keeps the old models apart from the new ones."""
    return re.sub(r"\bOld(?=[A-Z])", "", code)


def normal(code: str) -> str:
    """Write code as Python does, whatever its quotes and brackets."""
    indented = code.replace("\n", "\n    ")
    return ast.unparse(ast.parse(f"async def _():\n    {indented}")) if code else ""
