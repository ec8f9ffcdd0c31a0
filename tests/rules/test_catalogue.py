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
    Requirement,
    StatedOutcome,
    load_rules,
    load_short_texts,
    missing_parts,
    parse_short_texts,
    parse_story,
    rule_of,
)

SHORT = """\
# Session

What this is about.

## one-per-request

**One request has one session,
and `session.close()` ends it.**

*Symptom:* `409`, or
`500`

Why.

### A lower heading

```python app/database/session.py
## no-heading
async def session() -> None:
    '''
*Symptom:* not this one
    '''
```
  ~~~~diff
  ```
    kept
  ~~~~

```
plain
```

## other

**Another.**

*Symptom:* `500`
"""
STORY = """\
# one-per-request

Why. A list in prose is no closing list:

- **Never:** share it.

```
- **Window:** not this one
```

- **Options:** `tenancy=schema`, `cache=none`
- **Window:** FastAPI >= 0.121; pytest-asyncio >= 1.1, < 2, != 1.2.1
- **Databases:** PostgreSQL, SQLite
- **Outcome:** SQLite `409; or
  so`; PostgreSQL ``a `b` c``; `500`
- **Caught by:** `observe`
"""
OTHER = """\
# other

- **Window:** any release
- **Databases:** SQLite
- **Outcome:** `500`
"""
PATH = Path("references/session-units.md")
STORY_PATH = Path("tests/proofs/session/one-per-request.md")
OTHER_PATH = Path("tests/proofs/session/other.md")


def test_a_rule_is_read_with_all_it_states() -> None:
    short, other = parse_short_texts(SHORT, PATH)
    first = rule_of(short, parse_story(STORY, STORY_PATH))
    second = rule_of(other, parse_story(OTHER, OTHER_PATH))

    assert (first.name, first.claim) == (
        "session/one-per-request",
        "One request has one session, and `session.close()` ends it.",
    )
    assert first.symptom == "`409`, or `500`"
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
    assert str(first.story) == "tests/proofs/session/one-per-request.md"
    assert str(first.proof) == "tests/proofs/session/test_one_per_request.py"
    assert str(first.counterexample) == "tests/counterexamples/session/one-per-request.patch"
    assert (first.short.path, first.short.line) == (PATH, 5)
    assert (first.observed, second.observed) == (True, False)
    assert (second.name, second.window, second.databases) == ("session/other", (), ("sqlite",))
    assert second.options == {}


def test_its_texts_are_given_without_what_is_read_of_them() -> None:
    short, _ = parse_short_texts(SHORT, PATH)
    story = parse_story(STORY, STORY_PATH).text

    assert short.text.body.startswith("*Symptom:* `409`")
    assert short.text.body.endswith("plain\n```")
    assert story.body.startswith("Why. A list in prose")
    assert story.body.endswith("not this one\n```")
    assert (story.path, story.line) == (STORY_PATH, 1)


def test_features_are_given_as_the_manifest_takes_them() -> None:
    several = STORY.replace("`cache=none`", "`with=import+export+import`")
    one = STORY.replace("`cache=none`", "`with=export`")

    assert options_of(several) == {"tenancy": "schema", "with": "export,import"}
    assert options_of(one) == {"tenancy": "schema", "with": "export"}


def options_of(story: str) -> dict[str, str]:
    return dict(parse_story(story, STORY_PATH).options)


def test_a_rule_may_hold_on_every_wiring() -> None:
    every = parse_story(STORY.replace("`cache=none`", "`wiring=every`"), STORY_PATH)

    assert (every.every_wiring, every.options) == (True, {"tenancy": "schema"})
    assert not parse_story(OTHER, OTHER_PATH).every_wiring


def test_code_blocks_are_given_with_their_source() -> None:
    code = parse_short_texts(SHORT, PATH)[0].text.code

    source = "## no-heading\nasync def session() -> None:\n    '''\n"
    assert code == (
        CodeBlock(
            "python",
            "app/database/session.py",
            f"{source}*Symptom:* not this one\n    '''\n",
            17,
        ),
        CodeBlock("diff", None, "```\n  kept\n", 24),
        CodeBlock("", None, "plain\n", 29),
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("# Session\n", "", 1, "the title, `# …`, is missing"),
        ("## other", "## Other things", 33, "the heading is not a rule's slug"),
        (
            "## other",
            "## one-per-request",
            33,
            "a second rule of that name, the first is at line 5",
        ),
        ("**Another.**", "Another.", 33, "the first paragraph is not one bold sentence"),
        ("**Another.**", "**A.** **B.**", 33, "the first paragraph is not one bold sentence"),
        ("*Symptom:* `500`\n", "", 33, "there is not one paragraph that says its *Symptom:*"),
        ("*Symptom:* `500`\n", "*Symptom:*\n", 33, "there is not one paragraph that says its"),
        ("```\nplain\n```", "```\nplain", 29, "the code block is never closed"),
    ],
)
def test_a_malformed_short_text_is_named_with_its_place(
    old: str, new: str, line: int, what: str
) -> None:
    assert SHORT.count(old) == 1

    with pytest.raises(CatalogueError) as raised:
        parse_short_texts(SHORT.replace(old, new), PATH)

    message = str(raised.value)
    assert message.startswith(f"{PATH}:{line}: "), message
    assert what in message


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("# one-per-request\n", "# session\n", 1, "the title is not `# one-per-request`"),
        ("Why. A list", "## Why\n\nA list", 3, "a story has no second part"),
        (
            "Outcome:** SQLite `409; or\n  so`; PostgreSQL ``a `b` c``; `500`",
            "Outcome:**",
            1,
            "the **Outcome:** line is missing or empty",
        ),
        ("`cache=none`", "cache=none", 11, "'cache=none' is not `name=value`"),
        ("`cache=none`", "`cache`", 11, "'`cache`' is not `name=value`"),
        ("`cache=none`", "`tenancy=none`", 11, "each name once"),
        ("`cache=none`", "`with=+export`", 11, "'+export' is not names joined by `+`"),
        ("`observe`", "reading", 16, "**Caught by:** is not `observe`"),
        ("`observe`\n", "`observe`\n\nMore.\n", 18, "text after the **Caught by:** line"),
        ("; PostgreSQL ``a `b` c``; `500`", "", 14, "**Outcome:** states none for PostgreSQL"),
    ],
)
def test_a_malformed_story_is_named_with_its_place(
    old: str, new: str, line: int, what: str
) -> None:
    assert STORY.count(old) == 1

    with pytest.raises(CatalogueError) as raised:
        parse_story(STORY.replace(old, new), STORY_PATH)

    message = str(raised.value)
    assert message.startswith(f"{STORY_PATH}:{line}: "), message
    assert what in message


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("- **Window:** any release\n", "", 1, "the **Window:** line is missing or empty"),
        (
            "- **Databases:** SQLite\n",
            "- **Databases:** SQLite\n- **Options:** `cache=none`\n",
            1,
            "not in the order Options, Window, Databases, Outcome",
        ),
        ("any release", "FastAPI 0.121", 3, "'FastAPI 0.121' is not `Project >= 1.2, < 2` or"),
        ("any release", "FastAPI >= 0.121, soon", 3, "is not `Project >= 1.2, < 2` or"),
        ("any release", "FastAPI >= 0.121;", 3, "**Window:** '' is not"),
        ("Databases:** SQLite\n", "Databases:** Oracle\n", 4, "'Oracle' is not one of: SQLite"),
        ("Outcome:** `500`\n", "Outcome:** 500\n", 5, "is not literals in backticks"),
        ("Outcome:** `500`\n", "Outcome:** `1` `2`\n", 5, "literals are separated by `;`"),
        ("Outcome:** `500`\n", "Outcome:** `1`; two\n", 5, "is not literals in backticks"),
        (
            "Outcome:** `500`\n",
            "Outcome:** PostgreSQL `1`\n",
            5,
            "'PostgreSQL' is not one of the rule's databases",
        ),
        (
            "- **Databases:** SQLite\n",
            "- **Window:** any release\n",
            4,
            "a second **Window:** line",
        ),
    ],
)
def test_a_malformed_field_is_named_with_its_place(
    old: str, new: str, line: int, what: str
) -> None:
    assert OTHER.count(old) == 1

    with pytest.raises(CatalogueError) as raised:
        parse_story(OTHER.replace(old, new), OTHER_PATH)

    message = str(raised.value)
    assert message.startswith(f"{OTHER_PATH}:{line}: "), message
    assert what in message


def test_a_folder_without_rules_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text("# empty\n", encoding="utf-8")

    with pytest.raises(CatalogueError, match="no rules found"):
        load_short_texts(tmp_path)
    (tmp_path / "empty.md").write_bytes(b"# \xff")
    with pytest.raises(CatalogueError, match=r"empty\.md:1: cannot be read"):
        load_short_texts(tmp_path)


def test_a_rule_is_told_in_one_file_and_has_a_story(root: Path) -> None:
    assert [rule.name for rule in load_rules(root)] == ["session/one-per-request", "session/other"]

    (root / "tests/proofs/session/other.md").unlink()
    with pytest.raises(CatalogueError, match=r"other\.md:1: cannot be read"):
        load_rules(root)
    (root / "references/session.md").write_text(SHORT, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"session\.md:5: .* is in session-units\.md too"):
        load_short_texts(root / "references")


@given(st.text(alphabet="#`~*-:ab \n;[]()", max_size=200))
def test_any_text_gives_rules_or_an_error_with_its_place(text: str) -> None:
    for parse in (parse_short_texts, parse_story):
        try:
            parse(f"# topic\n{text}", Path("topic.md"))
        except CatalogueError as error:
            assert str(error).startswith("topic.md:")  # noqa: PT017 - either way is right


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A complete pack."""
    (tmp_path / "references").mkdir()
    (tmp_path / PATH).write_text(SHORT, encoding="utf-8")
    for rule, story in zip(parse_short_texts(SHORT, PATH), (STORY, OTHER), strict=True):
        for part, text in (
            (rule.story, story),
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
    (proofs / "other.md").rename(proofs / "gone.md")

    assert missing_parts(root) == [
        "session/one-per-request: no proof at tests/proofs/session/test_one_per_request.py",
        "session/other: no story at tests/proofs/session/other.md",
        'session/other: no test in tests/proofs/session/test_other.py is marked rule("session/other")',
        "session/other: no counterexample at tests/counterexamples/session/other.patch",
        "tests/proofs/session/gone.md: belongs to no rule",
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
