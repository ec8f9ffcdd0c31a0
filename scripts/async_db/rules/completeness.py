"""What a rule lacks, and what belongs to no rule. Standard library only."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from .catalogue import load_short_texts
from .markdown import CatalogueError
from .rule import Address


def missing_parts(root: Path) -> list[str]:
    """Name what a rule lacks, and what lacks a rule.

    Args:
        root: the pack's folder, with `references/`, `tests/proofs/` and
            `tests/counterexamples/`.

    Returns:
        One line for each rule without story, proof, counterexample or `rule` marker in its proof,
        and for each of these without rule; empty when the pack is complete.

    Raises:
        CatalogueError: a reference text is malformed, or there is no rule at all.
    """
    rules = load_short_texts(root / "references")
    return [
        *(line for rule in rules for line in _missing_of(rule, root)),
        *_without_rule(rules, root),
    ]


def _missing_of(rule: Address, root: Path) -> Iterator[str]:
    proof = root / rule.proof
    if not (root / rule.story).is_file():
        yield f"{rule.name}: no story at {rule.story}"
    if not proof.is_file():
        yield f"{rule.name}: no proof at {rule.proof}"
    elif rule.name not in _marked_rules(proof):
        yield f'{rule.name}: no test in {rule.proof} is marked rule("{rule.name}")'
    if not (root / rule.counterexample).is_file():
        yield f"{rule.name}: no counterexample at {rule.counterexample}"


def _without_rule(rules: Sequence[Address], root: Path) -> Iterator[str]:
    names = {rule.name for rule in rules}
    parts = ((rule.story, rule.proof, rule.counterexample) for rule in rules)
    owned = {str(part) for of_rule in parts for part in of_rule}
    proofs = sorted((root / "tests/proofs").rglob("test_*.py"))
    stories = sorted((root / "tests/proofs").rglob("*.md"))
    for path in [*stories, *proofs, *sorted((root / "tests/counterexamples").rglob("*.patch"))]:
        relative = path.relative_to(root).as_posix()
        usual = path.with_name(path.name.partition(".")[0] + path.suffix)
        if usual.relative_to(root).as_posix() not in owned:
            yield f"{relative}: belongs to no rule"
    for proof in proofs:
        for name in sorted(_marked_rules(proof) - names):
            yield f'{proof.relative_to(root).as_posix()}: rule("{name}") names no rule'


def _marked_rules(proof: Path) -> set[str]:
    """Collect the names in `rule("…")` marks, wherever they are in a file of tests."""
    try:
        tree = ast.parse(proof.read_bytes(), filename=str(proof))
    except (SyntaxError, ValueError) as error:
        raise CatalogueError(f"{proof}: cannot be parsed: {error}") from error
    return {
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "rule"
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
