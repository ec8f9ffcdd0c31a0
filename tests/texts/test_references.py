"""What the reference texts and the stories say is there, is complete, and is real."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

from async_db.rules import DATABASES, CodeBlock, Rule, Text, apply_patch, missing_parts
from async_db.scaffold import Tree, render_project

Options = frozenset[tuple[str, str]]

FENCE = re.compile(r"^ *```", re.MULTILINE)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
STATED = "tests/texts/test_stated_facts*.py"
"""Tests that run what no rule is about, and the scaffold has no need of."""
HEADERS = ("@@", "--- ", "+++ ", "diff ", "index ")
TEXTS = ("README.md", "SKILL.md", "references/*.md", "tests/proofs/*/*.md")
NOT = re.compile(r"^\*Not:\*(.*(?:\n.+)*)", re.MULTILINE)
SPAN = re.compile(r"(`+)(.+?)(?<!`)\1(?!`)", re.DOTALL)
MOST_BYTES = 120_000
"""Of all reference texts together: an agent pays for each that it reads."""
MOST_BYTES_OF_ONE = 12_000
"""Of one of them: tools cut what is longer."""


def texts(root: Path) -> list[Path]:
    return sorted(path for pattern in TEXTS for path in root.glob(pattern))


def is_in(block: str, text: str) -> bool:
    """Whether the block's lines follow each other in the text; a line `...` leaves some out."""
    position = 0
    whole = f"\n{text}\n"
    for part in re.split(r"\n *\.\.\.\n", f"\n{block.rstrip()}\n"):
        found = whole.find(f"\n{part.strip(chr(10))}\n", position)
        if found < 0:
            return f"\n{block.rstrip()}\n" in whole
        position = found + len(part.strip("\n"))
    return True


def without_headers(patch: str) -> str:
    return "\n".join(line for line in patch.splitlines() if not line.startswith(HEADERS))


def changed_lines(patch: str) -> list[str]:
    lines = without_headers(patch).splitlines()
    return [line[1:].strip() for line in lines if line[:1] in {"+", "-"}]


def test_no_rule_lacks_a_part_and_no_part_lacks_a_rule(root: Path) -> None:
    missing = missing_parts(root)
    assert not missing, "\n".join(missing)


@pytest.fixture(scope="module")
def rendered(root: Path) -> Callable[[Options], Tree]:
    """Render the scaffold with some options, once for each choice of them."""
    return cache(lambda options: render_project(root / "templates", dict(options)))


def shown(rules: tuple[Rule, ...]) -> Iterator[tuple[Rule, Text, CodeBlock]]:
    for rule in rules:
        for text in (rule.short, rule.full):
            yield from ((rule, text, block) for block in text.code)


def test_every_block_of_code_is_real(
    root: Path, rules: tuple[Rule, ...], rendered: Callable[[Options], Tree]
) -> None:
    proofs = {rule.proof for rule in rules}

    def is_real(rule: Rule, block: CodeBlock) -> bool:
        if block.language == "diff":
            patch = root / (block.source or rule.counterexample)
            return is_in(block.text, without_headers(patch.read_text("utf-8")))
        if block.source is None:
            return False
        path = PurePosixPath(block.source)
        if path in proofs or path.match(STATED):
            return is_in(block.text, (root / block.source).read_text("utf-8"))
        choices = (dict(rule.options), {"database": "sqlite"})
        trees = (rendered(frozenset(options.items())) for options in choices)
        return any(is_in(block.text, tree.get(path, "")) for tree in trees)

    blocks = list(shown(rules))
    assert len(blocks) >= len(rules)
    made_up = [
        f"{text.path.name}:{block.line}" for rule, text, block in blocks if not is_real(rule, block)
    ]
    assert not made_up, f"not rendered, nor in a test or a counterexample: {', '.join(made_up)}"


def test_every_story_shows_the_code_and_the_counterexample(rules: tuple[Rule, ...]) -> None:
    for rule in rules:
        sources = {block.source for block in rule.full.code}
        assert str(rule.counterexample) in sources, f"{rule.name} does not show what people write"
        assert len(sources) > 1, f"{rule.name} does not show what to write instead"


def test_what_is_said_not_to_write_is_what_the_counterexample_changes(
    root: Path, rules: tuple[Rule, ...]
) -> None:
    for rule in rules:
        changed = changed_lines((root / rule.counterexample).read_text("utf-8"))
        for found in NOT.finditer(rule.short.body):
            spans = [code.strip() for _, code in SPAN.findall(found[1])]
            shown = any(code in line for code in spans for line in changed)
            assert shown, f"{rule.name}: none of {spans} is in {rule.counterexample}"


def test_a_symptom_is_what_the_refutation_shows(rules: tuple[Rule, ...]) -> None:
    for rule in rules:
        spans = [code.strip() for _, code in SPAN.findall(rule.symptom)]
        outcomes = [outcome.text for outcome in rule.outcomes]
        met = any(code in text for code in spans for text in outcomes)
        assert met, f"{rule.name}: none of {spans} is in {outcomes}"


def test_a_short_text_says_where_its_rule_does_not_hold(rules: tuple[Rule, ...]) -> None:
    for rule in rules:
        introduction = rule.short.path.read_text("utf-8").partition("\n## ")[0]
        said = f"{introduction}\n{rule.claim}\n{rule.short.body}"
        for part in rule.window:
            assert all(f"{each.operator} {each.version}" in said for each in part.comparators)
        if len(rule.databases) == 1:
            assert DATABASES[rule.databases[0]] in said, rule.name


def test_no_block_of_code_stands_outside_the_rules(root: Path, rules: tuple[Rule, ...]) -> None:
    texts = [text for rule in rules for text in (rule.short, rule.full)]
    for path in [*(root / "references").glob("*.md"), *(root / "tests/proofs").glob("*/*.md")]:
        fences = len(FENCE.findall(path.read_text("utf-8")))
        shown = sum(len(text.code) for text in texts if text.path == path)
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


def test_the_references_are_cheap_to_read(root: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in (root / "references").iterdir()}
    assert sum(sizes.values()) <= MOST_BYTES
    assert {name for name, size in sizes.items() if size > MOST_BYTES_OF_ONE} == set()
