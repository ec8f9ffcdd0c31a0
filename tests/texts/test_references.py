"""What the reference texts say is there, is complete, and is real."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

from async_db.rules import CodeBlock, Rule, apply_patch, missing_parts
from async_db.scaffold import Tree, render_project

Options = frozenset[tuple[str, str]]

FENCE = re.compile(r"^```", re.MULTILINE)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
HEADERS = ("@@", "--- ", "+++ ", "diff ", "index ")
TEXTS = ("README.md", "SKILL.md", "references/*.md")


def texts(root: Path) -> list[Path]:
    return sorted(path for pattern in TEXTS for path in root.glob(pattern))


def is_in(block: str, text: str) -> bool:
    """Whether the block's lines follow each other in the text."""
    return f"\n{block.rstrip()}\n" in f"\n{text}\n"


def without_headers(patch: str) -> str:
    return "\n".join(line for line in patch.splitlines() if not line.startswith(HEADERS))


def test_no_rule_lacks_a_part_and_no_part_lacks_a_rule(root: Path) -> None:
    missing = missing_parts(root)
    assert not missing, "\n".join(missing)


@pytest.fixture(scope="module")
def rendered(root: Path) -> Callable[[Options], Tree]:
    """Render the scaffold with some options, once for each choice of them."""
    return cache(lambda options: render_project(root / "templates", dict(options)))


def test_every_block_of_code_is_real(
    root: Path, rules: tuple[Rule, ...], rendered: Callable[[Options], Tree]
) -> None:
    def is_real(rule: Rule, block: CodeBlock) -> bool:
        if block.source is None:
            return False
        if block.language == "diff":
            return is_in(block.text, without_headers((root / block.source).read_text("utf-8")))
        if PurePosixPath(block.source) in {rule.proof for rule in rules}:
            return is_in(block.text, (root / block.source).read_text("utf-8"))
        path = PurePosixPath(block.source)
        choices = (dict(rule.options), {"database": "sqlite"})
        trees = (rendered(frozenset(options.items())) for options in choices)
        return any(is_in(block.text, tree.get(path, "")) for tree in trees)

    blocks = [(rule, block) for rule in rules for block in rule.code]
    assert len(blocks) >= len(rules)
    made_up = [
        f"{rule.path.name}:{block.line}" for rule, block in blocks if not is_real(rule, block)
    ]
    assert not made_up, f"not rendered, nor in a proof or a counterexample: {', '.join(made_up)}"


def test_every_rule_shows_its_code_and_its_counterexample(rules: tuple[Rule, ...]) -> None:
    for rule in rules:
        sources = {block.source for block in rule.code}
        assert str(rule.counterexample) in sources, f"{rule.name} does not show what people write"
        assert len(sources) > 1, f"{rule.name} does not show what to write instead"


def test_no_block_of_code_stands_outside_the_rules(root: Path, rules: tuple[Rule, ...]) -> None:
    for path in sorted((root / "references").glob("*.md")):
        fences = len(FENCE.findall(path.read_text("utf-8")))
        shown = sum(len(rule.code) for rule in rules if rule.path == path)
        assert fences == 2 * shown, path.name


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_links_lead_somewhere(root: Path) -> None:
    seen = 0
    for path in texts(root):
        text = path.read_text("utf-8")
        anchors = {anchor(heading) for heading in re.findall(r"^##+ (.+)$", text, re.MULTILINE)}
        for target in LINK.findall(text):
            seen += 1
            if target.startswith("#"):
                assert target[1:] in anchors, f"{path.name}: {target}"
            else:
                assert (path.parent / target).exists(), f"{path.name}: {target}"
    assert seen


def test_the_links_of_a_rule_are_to_its_own_parts(root: Path, rules: tuple[Rule, ...]) -> None:
    for rule in rules:
        targets = {(rule.path.parent / link.target).resolve() for link in rule.caught_by}
        assert {root / rule.proof, root / rule.counterexample} <= targets, rule.name


def test_contents_list_the_rules_in_their_order(root: Path, rules: tuple[Rule, ...]) -> None:
    for path in sorted((root / "references").glob("*.md")):
        listed = re.findall(r"^- \[(.+)\]\(#\1\)$", path.read_text("utf-8"), re.MULTILINE)
        assert listed == [rule.slug for rule in rules if rule.path == path], path.name


def test_rules_that_are_spoken_of_exist(root: Path, rules: tuple[Rule, ...]) -> None:
    names = {rule.name for rule in rules}
    topics = {rule.topic for rule in rules}
    spoken_of = re.compile(rf"`((?:{'|'.join(sorted(topics))})/[a-z0-9-]+)`")
    for path in texts(root):
        for name in spoken_of.findall(path.read_text("utf-8")):
            assert name in names, f"{path.name}: {name}"


@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_every_counterexample_applies_and_stays_small(
    root: Path,
    rules: tuple[Rule, ...],
    rendered: Callable[[Options], Tree],
    database: str,
) -> None:
    for rule in rules:
        if database not in rule.databases:
            continue
        scaffold = rendered(frozenset({"database": database, **rule.options}.items()))
        files = {str(path): text for path, text in scaffold.items()}
        patch = (root / rule.counterexample).read_text("utf-8")
        assert apply_patch(patch, files) != files, rule.name
        changed = [line for line in patch.splitlines() if re.match(r"[+-](?![+-]{2} )", line)]
        assert 0 < len(changed) <= 20, f"{rule.name} changes {len(changed)} lines"
