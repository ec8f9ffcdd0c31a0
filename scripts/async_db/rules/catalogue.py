"""The catalogue of rules, read from the text of `references/*.md`.

A rule is a `## slug` heading in `references/topic.md`. Its text is the single source of what the
rule claims, which releases and databases it holds for, and what happens when it is broken.
Nothing here needs more than the standard library.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
"""The databases' names, in options and evidence on the left, in texts on the right."""

NON_RULE_HEADINGS = frozenset({"Contents"})
"""Second-level headings that are not rules."""

FIELDS = ("Options", "Window", "Databases", "Outcome", "Caught by")
"""The list lines that end every rule, in this order; only the first may be left out."""

EVERY_WIRING = "every"
"""The value of the option `wiring` by which a rule says that it holds however things are wired."""

OBSERVED = "`observe`"
"""What the line of means to catch a rule's breach names, where `observe` sees it."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*")
_FENCE = re.compile(r"\s*(?P<marks>`{3,}|~{3,})\s*(?P<info>[^`]*)")
_FIELD = re.compile(r"- \*\*(?P<name>[^*]+):\*\*\s*(?P<value>.*)")
_CODE_SPAN = re.compile(r"(?P<marks>`+)(?P<code>.+?)(?<!`)(?P=marks)(?!`)")
_LINK = re.compile(r"\[(?P<label>[^\]]+)\]\((?P<target>[^)\s]+)\)")
_REQUIREMENT = re.compile(r"(?P<project>[A-Za-z][\w.-]*)\s*(?P<comparators>[<>=!].*)")
_CHOICE = re.compile(r"(?P<name>[a-z][a-z0-9_]*)=(?P<value>\S+)")
_FEATURES = re.compile(r"[a-z][a-z0-9_-]*(?:\+[a-z][a-z0-9_-]*)*")
_COMPARATOR = re.compile(r"(?P<operator>>=|<=|==|!=|>|<)\s*(?P<version>\d+(?:\.\d+)*)")


class CatalogueError(Exception):
    """A reference text is malformed; the message starts with `file:line`."""


@dataclass(frozen=True)
class Comparator:
    """One bound on a version, such as `>= 0.121`."""

    operator: str
    version: str

    def holds(self, version: str) -> bool:
        """Say whether `version` is inside this bound.

        Raises:
            ValueError: `version` does not start with a number.
        """
        installed, bound = _release(version), _release(self.version)
        match self.operator:
            case ">=":
                return installed >= bound
            case "<=":
                return installed <= bound
            case ">":
                return installed > bound
            case "<":
                return installed < bound
            case "==":
                return installed == bound
            case _:
                return installed != bound

    def __str__(self) -> str:
        return f"{self.operator} {self.version}"


@dataclass(frozen=True)
class Requirement:
    """The releases of one project that a rule holds for; all comparators must hold."""

    project: str
    comparators: tuple[Comparator, ...]

    @property
    def distribution(self) -> str:
        """The project's normalised name, as package indexes and evidence spell it."""
        return re.sub(r"[-_.]+", "-", self.project).lower()

    def holds(self, version: str) -> bool:
        """Say whether the rule holds for release `version` of the project.

        Raises:
            ValueError: `version` does not start with a number.
        """
        return all(comparator.holds(version) for comparator in self.comparators)

    def __str__(self) -> str:
        return f"{self.project} {', '.join(map(str, self.comparators))}"


@dataclass(frozen=True)
class StatedOutcome:
    """What the text says happens when the rule is broken, on one database or on all of them."""

    text: str
    database: str | None


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block of a rule; `source` is the path in its info string, `line` is its fence."""

    language: str
    source: str | None
    text: str
    line: int


@dataclass(frozen=True)
class Link:
    """A link from a rule's text, as it is written there."""

    label: str
    target: str


@dataclass(frozen=True)
class Rule:
    """One rule, as its text states it."""

    topic: str
    slug: str
    claim: str
    window: tuple[Requirement, ...]
    databases: tuple[str, ...]
    outcomes: tuple[StatedOutcome, ...]
    caught_by: tuple[Link, ...]
    observed: bool
    """Whether `observe` reports the counterexample when it watches the proof run under it."""
    code: tuple[CodeBlock, ...]
    path: Path
    line: int
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What its scaffold is rendered with, where that is not the default."""
    every_wiring: bool = False
    """Whether it is proved on the scaffold of each wiring; it is refuted on the default one."""

    @property
    def name(self) -> str:
        """`topic/slug`, which is the address of the rule's text and of all that belongs to it."""
        return f"{self.topic}/{self.slug}"

    @property
    def proof(self) -> PurePosixPath:
        """The file of the rule's proof, from the root of the pack."""
        return PurePosixPath("tests/proofs", self.topic, f"test_{self.slug.replace('-', '_')}.py")

    @property
    def counterexample(self) -> PurePosixPath:
        """The file of the rule's counterexample, from the root of the pack."""
        return PurePosixPath("tests/counterexamples", self.topic, f"{self.slug}.patch")

    def outcomes_on(self, database: str) -> tuple[str, ...]:
        """Give the texts stated for `database`, a key of `DATABASES`, in their order."""
        return tuple(
            outcome.text for outcome in self.outcomes if outcome.database in (None, database)
        )


def load_rules(references: Path) -> tuple[Rule, ...]:
    """Read every rule of a folder of reference texts, ordered by file name and place.

    Args:
        references: the folder whose `*.md` files are read; its subfolders are not.

    Raises:
        CatalogueError: a text is malformed or unreadable, or there is no rule at all.
    """
    paths = sorted(references.glob("*.md"))
    rules = tuple(rule for path in paths for rule in parse_rules(_read(path), path))
    if not rules:
        raise CatalogueError(f"{references}: no rules found")
    return rules


def parse_rules(text: str, path: Path) -> tuple[Rule, ...]:
    """Read the rules of one reference text.

    Args:
        text: the Markdown text.
        path: where it comes from; its stem is the topic, and errors name it.

    Raises:
        CatalogueError: the text is malformed.
    """
    lines = tuple(_classified(text.splitlines(), path))
    tops = [line for line in lines if line.level in (1, 2)]
    if not tops or tops[0].level != 1:
        raise CatalogueError(f"{path}:1: the title, `# {path.stem}`, is missing")
    ends = [line.number - 1 for line in tops[1:]] + [len(lines)]
    rules: dict[str, Rule] = {}
    for heading, end in zip(tops, ends, strict=True):
        if heading.level == 1 or heading.title in NON_RULE_HEADINGS:
            continue
        section = _Section(path, heading, lines[heading.number : end])
        if section.slug in rules:
            first = rules[section.slug].line
            raise section.error(f"is a second rule of that name, the first is at line {first}")
        rules[section.slug] = section.rule()
    return tuple(rules.values())


def missing_parts(root: Path) -> list[str]:
    """Name what a rule lacks, and what lacks a rule.

    Args:
        root: the pack's folder, with `references/`, `tests/proofs/` and
            `tests/counterexamples/`.

    Returns:
        One line for each rule without proof, counterexample or `rule` marker in its proof, and
        for each proof, counterexample or marker without rule; empty when the pack is complete.

    Raises:
        CatalogueError: a reference text is malformed, or there is no rule at all.
    """
    rules = load_rules(root / "references")
    return [
        *(line for rule in rules for line in _missing_of(rule, root)),
        *_without_rule(rules, root),
    ]


def _missing_of(rule: Rule, root: Path) -> Iterator[str]:
    proof = root / rule.proof
    if not proof.is_file():
        yield f"{rule.name}: no proof at {rule.proof}"
    elif rule.name not in _marked_rules(proof):
        yield f'{rule.name}: no test in {rule.proof} is marked rule("{rule.name}")'
    if not (root / rule.counterexample).is_file():
        yield f"{rule.name}: no counterexample at {rule.counterexample}"


def _without_rule(rules: Sequence[Rule], root: Path) -> Iterator[str]:
    names = {rule.name for rule in rules}
    owned = {str(part) for rule in rules for part in (rule.proof, rule.counterexample)}
    proofs = sorted((root / "tests/proofs").rglob("test_*.py"))
    for path in [*proofs, *sorted((root / "tests/counterexamples").rglob("*.patch"))]:
        relative = path.relative_to(root).as_posix()
        if relative not in owned:
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


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}:1: cannot be read: {error}") from error


@dataclass(frozen=True)
class _Line:
    """A line of a text; `level` is 0 where it is no heading."""

    number: int
    text: str
    kind: Literal["prose", "open", "code", "close"]
    level: int = 0
    title: str = ""

    @property
    def prose(self) -> bool:
        return self.kind == "prose"


def _classified(texts: Iterable[str], path: Path) -> Iterator[_Line]:
    """Tell fences, code and prose, and headings within prose."""
    fence, opened_at = "", 0
    for number, text in enumerate(texts, start=1):
        found = _FENCE.fullmatch(text)
        if fence and found and not found["info"] and found["marks"].startswith(fence):
            fence = ""
            yield _Line(number, text, "close")
        elif fence:
            yield _Line(number, text, "code")
        elif found:
            fence, opened_at = found["marks"], number
            yield _Line(number, text, "open")
        elif heading := _HEADING.fullmatch(text):
            yield _Line(number, text, "prose", len(heading[1]), heading[2])
        else:
            yield _Line(number, text, "prose")
    if fence:
        raise CatalogueError(f"{path}:{opened_at}: the code block is never closed")


@dataclass(frozen=True)
class _Field:
    line: int
    value: str


@dataclass(frozen=True)
class _Section:
    """The lines between a rule's heading and the next one."""

    path: Path
    heading: _Line
    lines: tuple[_Line, ...]

    @property
    def slug(self) -> str:
        return self.heading.title

    def error(self, what: str, line: int | None = None) -> CatalogueError:
        return CatalogueError(f"{self.path}:{line or self.heading.number}: {self.slug}: {what}")

    def rule(self) -> Rule:
        if not _SLUG.fullmatch(self.slug):
            known = ", ".join(sorted(NON_RULE_HEADINGS))
            raise self.error(f"the heading is neither a rule's slug nor one of: {known}")
        claim = self._claim()
        fields = self._fields()
        databases = self._databases(fields["Databases"])
        options = self._options(fields.get("Options"))
        if every_wiring := options.get("wiring") == EVERY_WIRING:
            del options["wiring"]
        rule = Rule(
            topic=self.path.stem,
            slug=self.slug,
            claim=claim,
            window=self._window(fields["Window"]),
            databases=databases,
            outcomes=self._outcomes(fields["Outcome"], databases),
            caught_by=tuple(
                Link(found["label"], found["target"])
                for found in _LINK.finditer(fields["Caught by"].value)
            ),
            observed=OBSERVED in fields["Caught by"].value,
            code=tuple(self._code()),
            path=self.path,
            line=self.heading.number,
            options=options,
            every_wiring=every_wiring,
        )
        for label, part in (("proof", rule.proof), ("counterexample", rule.counterexample)):
            if Link(label, f"../{part}") not in rule.caught_by:
                line = fields["Caught by"].line
                raise self.error(f"**Caught by:** lacks [{label}](../{part})", line)
        return rule

    def _claim(self) -> str:
        paragraph: list[str] = []
        for line in self.lines:
            if not line.prose or (paragraph and not line.text.strip()):
                break
            if line.text.strip():
                paragraph.append(line.text.strip())
        claim = re.fullmatch(r"\*\*([^*].*?)\*\*", " ".join(paragraph))
        if claim is None or "**" in claim[1]:
            raise self.error("the first paragraph is not one bold sentence")
        return claim[1]

    def _fields(self) -> dict[str, _Field]:
        """Read the closing list; it is the last thing in the section and complete."""
        fields: dict[str, _Field] = {}
        name = ""
        for line in self.lines:
            found = _FIELD.fullmatch(line.text) if line.prose else None
            if found and found["name"] in FIELDS:
                name = found["name"]
                if name in fields:
                    raise self.error(f"a second **{name}:** line", line.number)
                fields[name] = _Field(line.number, found["value"].strip())
            elif fields and line.text.strip():
                if not line.prose or not line.text[0].isspace():
                    raise self.error(f"text after the **{name}:** line", line.number)
                value = f"{fields[name].value} {line.text.strip()}".strip()
                fields[name] = _Field(fields[name].line, value)
        order = FIELDS if "Options" in fields else FIELDS[1:]
        for name in order:
            if name not in fields or not fields[name].value:
                raise self.error(f"the **{name}:** line is missing or empty")
        if tuple(fields) != order:
            raise self.error(f"the closing lines are not in the order {', '.join(order)}")
        return fields

    def _options(self, field: _Field | None) -> dict[str, str]:
        options: dict[str, str] = {}
        for part in field.value.split(",") if field else ():
            span = _CODE_SPAN.fullmatch(part.strip())
            found = _CHOICE.fullmatch(span["code"]) if span else None
            if field and (found is None or found["name"] in options):
                form = "`name=value`, each name once, separated by commas"
                raise self.error(f"**Options:** {part.strip()!r} is not {form}", field.line)
            if found:
                options[found["name"]] = found["value"]
        if "with" in options and field:
            options["with"] = self._features(options["with"], field)
        return options

    def _features(self, names: str, field: _Field) -> str:
        """Give the names of features as the manifest takes them, which commas separate there."""
        if not _FEATURES.fullmatch(names):
            raise self.error(f"**Options:** {names!r} is not names joined by `+`", field.line)
        return ",".join(sorted(set(names.split("+"))))

    def _window(self, field: _Field) -> tuple[Requirement, ...]:
        if field.value == "any release":
            return ()
        return tuple(self._requirement(part.strip(), field) for part in field.value.split(";"))

    def _requirement(self, text: str, field: _Field) -> Requirement:
        found = _REQUIREMENT.fullmatch(text)
        parts = found["comparators"].split(",") if found else []
        matches = [match for part in parts if (match := _COMPARATOR.fullmatch(part.strip()))]
        if found is None or len(matches) != len(parts):
            form = "`Project >= 1.2, < 2` or `any release`"
            raise self.error(f"**Window:** {text!r} is not {form}", field.line)
        return Requirement(
            found["project"],
            tuple(Comparator(match["operator"], match["version"]) for match in matches),
        )

    def _databases(self, field: _Field) -> tuple[str, ...]:
        keys = {label: key for key, label in DATABASES.items()}
        labels = [label.strip() for label in field.value.split(",")]
        for label in labels:
            if label not in keys or labels.count(label) > 1:
                known = ", ".join(keys)
                raise self.error(f"**Databases:** {label!r} is not one of: {known}", field.line)
        return tuple(key for label, key in keys.items() if label in labels)

    def _outcomes(self, field: _Field, databases: tuple[str, ...]) -> tuple[StatedOutcome, ...]:
        keys = {label: key for key, label in DATABASES.items()}
        outcomes: list[StatedOutcome] = []
        end = 0
        for found in _CODE_SPAN.finditer(field.value):
            # Between two literals stand a semicolon and, if one is meant, a database's name.
            between = field.value[end : found.start()].strip()
            if outcomes and not between.startswith(";"):
                raise self.error("**Outcome:** literals are separated by `;`", field.line)
            label = between.removeprefix(";").strip() if outcomes else between
            if label and keys.get(label) not in databases:
                raise self.error(
                    f"**Outcome:** {label!r} is not one of the rule's databases", field.line
                )
            outcomes.append(StatedOutcome(_literal(found["code"]), keys.get(label)))
            end = found.end()
        if not outcomes or field.value[end:].strip():
            raise self.error("**Outcome:** is not literals in backticks", field.line)
        for key in databases:
            if all(outcome.database not in (None, key) for outcome in outcomes):
                raise self.error(f"**Outcome:** states none for {DATABASES[key]}", field.line)
        return tuple(outcomes)

    def _code(self) -> Iterator[CodeBlock]:
        block: list[_Line] = []
        for line in self.lines:
            if line.kind == "close":
                yield _code_block(block)
                block = []
            elif not line.prose:
                block.append(line)


def _code_block(block: list[_Line]) -> CodeBlock:
    """Make a block of its opening fence and the lines after it, less the fence's indent."""
    opening, *code = block
    language, _, source = opening.text.lstrip(" `~").partition(" ")
    indent = _indent(opening.text)
    text = "".join(f"{line.text[min(indent, _indent(line.text)) :]}\n" for line in code)
    return CodeBlock(language, source.strip() or None, text, opening.number)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _literal(code: str) -> str:
    """Give a code span's text: one space at both ends only keeps backticks apart."""
    padded = len(code) > 2 and code.startswith(" ") and code.endswith(" ") and code.strip()
    return code[1:-1] if padded else code


def _release(version: str) -> tuple[int, ...]:
    """Give the numbers that a version starts with, without zeros at their end."""
    found = re.match(r"\d+(?:\.\d+)*", version.strip())
    if found is None:
        raise ValueError(f"not a version: {version!r}")
    numbers = [int(number) for number in found[0].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
