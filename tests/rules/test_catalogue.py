"""The catalogue: what a rule's text says becomes data, and what it lacks is named with its place."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import async_db.rules
from async_db.rules import (
    CatalogueError,
    CodeBlock,
    Comparator,
    Link,
    Requirement,
    Rule,
    StatedOutcome,
    load_rules,
    missing_parts,
    parse_rules,
)

TEXT = """\
# session

What this is about.

## Contents

- [one-per-request](#one-per-request)

## one-per-request

**One request has one session,
and `session.close()` ends it.**

Why. A list in prose is no closing list:

- **Never:** share it.

### A lower heading

```python app/database/session.py
## no-heading
async def session() -> None:
    '''
- **Window:** not this one
    '''
```
  ~~~~diff tests/counterexamples/session/one-per-request.patch
  ```
    kept
  ~~~~

```
plain
```

- **Options:** `tenancy=schema`, `cache=none`
- **Window:** FastAPI >= 0.121; pytest-asyncio >= 1.1, < 2, != 1.2.1
- **Databases:** PostgreSQL, SQLite
- **Outcome:** SQLite `409; or
  so`; PostgreSQL ``a `b` c``; `500`
- **Caught by:** [proof](../tests/proofs/session/test_one_per_request.py),
  [counterexample](../tests/counterexamples/session/one-per-request.patch), `observe`

## other

**Another.**

- **Window:** any release
- **Databases:** SQLite
- **Outcome:** `500`
- **Caught by:** [proof](../tests/proofs/session/test_other.py),
  [counterexample](../tests/counterexamples/session/other.patch), and by reading
"""
PATH = Path("references/session.md")


def test_a_rule_is_read_with_all_it_states() -> None:
    first, second = parse_rules(TEXT, PATH)

    assert (first.name, first.claim) == (
        "session/one-per-request",
        "One request has one session, and `session.close()` ends it.",
    )
    assert first.window == (
        Requirement("FastAPI", (Comparator(">=", "0.121"),)),
        Requirement(
            "pytest-asyncio",
            (Comparator(">=", "1.1"), Comparator("<", "2"), Comparator("!=", "1.2.1")),
        ),
    )
    assert str(first.window[1]) == "pytest-asyncio >= 1.1, < 2, != 1.2.1"
    assert first.options == {"tenancy": "schema", "cache": "none"}
    assert first.databases == ("sqlite", "postgresql")
    assert first.outcomes == (
        StatedOutcome("409; or so", "sqlite"),
        StatedOutcome("a `b` c", "postgresql"),
        StatedOutcome("500", None),
    )
    assert first.outcomes_on("sqlite") == ("409; or so", "500")
    assert first.outcomes_on("postgresql") == ("a `b` c", "500")
    assert str(first.proof) == "tests/proofs/session/test_one_per_request.py"
    assert first.caught_by[0] == Link("proof", "../tests/proofs/session/test_one_per_request.py")
    assert (first.path, first.line) == (PATH, 9)
    assert (first.observed, second.observed) == (True, False)
    assert (second.name, second.window, second.databases) == ("session/other", (), ("sqlite",))
    assert second.options == {}


def test_features_are_given_as_the_manifest_takes_them() -> None:
    several = TEXT.replace("`cache=none`", "`with=import+export+import`")
    one = TEXT.replace("`cache=none`", "`with=export`")

    assert parse_rules(several, PATH)[0].options == {"tenancy": "schema", "with": "export,import"}
    assert parse_rules(one, PATH)[0].options == {"tenancy": "schema", "with": "export"}


def test_a_rule_may_hold_on_every_wiring() -> None:
    first, second = parse_rules(TEXT.replace("`cache=none`", "`wiring=every`"), PATH)

    assert (first.every_wiring, first.options) == (True, {"tenancy": "schema"})
    assert not second.every_wiring


def test_code_blocks_are_given_with_their_source() -> None:
    code = parse_rules(TEXT, PATH)[0].code

    source = "## no-heading\nasync def session() -> None:\n    '''\n"
    assert code == (
        CodeBlock(
            "python",
            "app/database/session.py",
            f"{source}- **Window:** not this one\n    '''\n",
            20,
        ),
        CodeBlock(
            "diff",
            "tests/counterexamples/session/one-per-request.patch",
            "```\n  kept\n",
            27,
        ),
        CodeBlock("", None, "plain\n", 32),
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("# session\n", "", 1, "the title, `# session`, is missing"),
        ("## other", "## Other things", 44, "neither a rule's slug nor one of: Contents"),
        (
            "## other",
            "## one-per-request",
            44,
            "a second rule of that name, the first is at line 9",
        ),
        ("**Another.**", "Another.", 44, "the first paragraph is not one bold sentence"),
        ("**Another.**", "**A.** **B.**", 44, "the first paragraph is not one bold sentence"),
        ("- **Window:** any release\n", "", 44, "the **Window:** line is missing or empty"),
        ("Outcome:** `500`\n", "Outcome:**\n", 44, "the **Outcome:** line is missing or empty"),
        ("`cache=none`", "cache=none", 36, "'cache=none' is not `name=value`"),
        ("`cache=none`", "`cache`", 36, "'`cache`' is not `name=value`"),
        ("`cache=none`", "`tenancy=none`", 36, "each name once"),
        ("`cache=none`", "`with=+export`", 36, "'+export' is not names joined by `+`"),
        (
            "- **Databases:** SQLite\n",
            "- **Databases:** SQLite\n- **Options:** `cache=none`\n",
            44,
            "not in the order Options, Window, Databases, Outcome, Caught by",
        ),
        ("any release", "FastAPI 0.121", 48, "'FastAPI 0.121' is not `Project >= 1.2, < 2` or"),
        ("any release", "FastAPI >= 0.121, soon", 48, "is not `Project >= 1.2, < 2` or"),
        ("any release", "FastAPI >= 0.121;", 48, "**Window:** '' is not"),
        ("Databases:** SQLite\n", "Databases:** Oracle\n", 49, "'Oracle' is not one of: SQLite"),
        ("Outcome:** `500`\n", "Outcome:** 500\n", 50, "is not literals in backticks"),
        ("Outcome:** `500`\n", "Outcome:** `1` `2`\n", 50, "literals are separated by `;`"),
        ("Outcome:** `500`\n", "Outcome:** `1`; two\n", 50, "is not literals in backticks"),
        (
            "Outcome:** `500`\n",
            "Outcome:** PostgreSQL `1`\n",
            50,
            "'PostgreSQL' is not one of the rule's databases",
        ),
        ("; PostgreSQL ``a `b` c``; `500`", "", 39, "**Outcome:** states none for PostgreSQL"),
        (
            "test_other.py",
            "test_another.py",
            51,
            "lacks [proof](../tests/proofs/session/test_other",
        ),
        ("and by reading\n", "and by reading\n\nMore.\n", 54, "text after the **Caught by:** line"),
        (
            "- **Databases:** SQLite\n",
            "- **Window:** any release\n",
            49,
            "a second **Window:** line",
        ),
        (
            "- **Databases:** SQLite\n- **Outcome:** `500`\n",
            "- **Outcome:** `500`\n- **Databases:** SQLite\n",
            44,
            "not in the order Window, Databases, Outcome, Caught by",
        ),
        ("```\nplain\n```", "```\nplain", 32, "the code block is never closed"),
    ],
)
def test_a_malformed_text_is_named_with_its_place(old: str, new: str, line: int, what: str) -> None:
    assert TEXT.count(old) == 1

    with pytest.raises(CatalogueError) as raised:
        parse_rules(TEXT.replace(old, new), PATH)

    message = str(raised.value)
    assert message.startswith(f"references/session.md:{line}: "), message
    assert what in message


def test_a_folder_without_rules_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text("# empty\n", encoding="utf-8")

    with pytest.raises(CatalogueError, match="no rules found"):
        load_rules(tmp_path)
    (tmp_path / "empty.md").write_bytes(b"# \xff")
    with pytest.raises(CatalogueError, match=r"empty\.md:1: cannot be read"):
        load_rules(tmp_path)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">= 0.121", ["0.121", "0.121.0", "0.165.0", "1.0", "0.121.0rc1"], ["0.120.9", "0.21"]),
        ("< 2.1", ["2.0.58", "1.4"], ["2.1", "2.1.0", "2.10"]),
        ("<= 2.1", ["2.1", "2.1.0"], ["2.1.1"]),
        ("> 2.1", ["2.1.1", "2.10"], ["2.1", "2.1.0"]),
        ("== 2.1", ["2.1", "2.1.0.0"], ["2.1.1"]),
        ("!= 2.1", ["2.1.1"], ["2.1", "2.1.0"]),
    ],
)
def test_versions_are_compared_as_numbers(text: str, inside: list[str], outside: list[str]) -> None:
    operator, version = text.split()
    requirement = Requirement("Project.Name_x", (Comparator(operator, version),))

    assert [version for version in inside if not requirement.holds(version)] == []
    assert [version for version in outside if requirement.holds(version)] == []
    assert requirement.distribution == "project-name-x"
    with pytest.raises(ValueError, match="not a version"):
        requirement.holds("unknown")


numbers = st.lists(st.integers(0, 30), min_size=1, max_size=4)


@given(numbers, numbers)
def test_exactly_one_order_holds_between_versions(left: list[int], right: list[int]) -> None:
    bound, version = (".".join(map(str, parts)) for parts in (left, right))

    held = [operator for operator in "<>" if Comparator(operator, bound).holds(version)]
    equal = Comparator("==", bound).holds(version)

    assert len(held) + equal == 1
    assert Comparator("!=", bound).holds(version) is not equal
    assert Comparator(">=", bound).holds(version) is (equal or held == [">"])
    assert Comparator("<=", bound).holds(version) is (equal or held == ["<"])


@given(st.text(alphabet="#`~*-:ab \n;[]()", max_size=200))
def test_any_text_gives_rules_or_an_error_with_its_place(text: str) -> None:
    try:
        rules = parse_rules(f"# topic\n{text}", Path("topic.md"))
    except CatalogueError as error:
        assert str(error).startswith("topic.md:")  # noqa: PT017 - either way is right
    else:
        assert all(isinstance(rule, Rule) for rule in rules)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A complete pack."""
    (tmp_path / "references").mkdir()
    (tmp_path / "references" / "session.md").write_text(TEXT, encoding="utf-8")
    for rule in parse_rules(TEXT, PATH):
        for part, text in (
            (rule.proof, f'pytestmark = [pytest.mark.rule("{rule.name}")]\n'),
            (rule.counterexample, ""),
        ):
            (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / part).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_complete_pack_misses_nothing(root: Path) -> None:
    assert missing_parts(root) == []


def test_each_missing_part_is_named(root: Path) -> None:
    proofs, patches = root / "tests/proofs/session", root / "tests/counterexamples/session"
    (proofs / "test_one_per_request.py").unlink()
    (patches / "other.patch").rename(patches / "others.patch")
    (proofs / "test_other.py").write_text(
        'RULE = "session/other"\n\n@pytest.mark.rule("session/gone")\ndef test(): ...\n',
        encoding="utf-8",
    )
    (proofs / "test_gone.py").write_text("", encoding="utf-8")
    (proofs / "conftest.py").write_text("", encoding="utf-8")

    assert missing_parts(root) == [
        "session/one-per-request: no proof at tests/proofs/session/test_one_per_request.py",
        'session/other: no test in tests/proofs/session/test_other.py is marked rule("session/other")',
        "session/other: no counterexample at tests/counterexamples/session/other.patch",
        "tests/proofs/session/test_gone.py: belongs to no rule",
        "tests/counterexamples/session/others.patch: belongs to no rule",
        'tests/proofs/session/test_other.py: rule("session/gone") names no rule',
    ]


def test_a_proof_that_is_not_python_is_named(root: Path) -> None:
    (root / "tests/proofs/session/test_other.py").write_text("def", encoding="utf-8")

    with pytest.raises(CatalogueError, match=r"test_other\.py: cannot be parsed"):
        missing_parts(root)


def test_it_needs_the_standard_library_alone() -> None:
    scripts = Path(async_db.rules.__file__).parents[2]
    program = "import sys; sys.path.insert(0, sys.argv[1]); import async_db.rules"
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-I", "-S", "-B", "-c", program, str(scripts)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
