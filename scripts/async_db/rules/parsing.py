"""A reference text read into its rules. Standard library only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .markdown import CatalogueError, Line, classified_lines, code_block
from .rule import DATABASES, CodeBlock, Link, Rule, StatedOutcome
from .windows import Comparator, Requirement

NON_RULE_HEADINGS = frozenset({"Contents"})
"""Second-level headings that are not rules."""
FIELDS = ("Options", "Window", "Databases", "Outcome", "Caught by")
"""The list lines that end every rule, in this order; only the first may be left out."""
EVERY_WIRING = "every"
"""The value of the option `wiring` by which a rule says that it holds however things are wired."""
OBSERVED = "`observe`"
"""What the line of means to catch a rule's breach names, where `observe` sees it."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FIELD = re.compile(r"- \*\*(?P<name>[^*]+):\*\*\s*(?P<value>.*)")
_CODE_SPAN = re.compile(r"(?P<marks>`+)(?P<code>.+?)(?<!`)(?P=marks)(?!`)")
_LINK = re.compile(r"\[(?P<label>[^\]]+)\]\((?P<target>[^)\s]+)\)")
_CHOICE = re.compile(r"(?P<name>[a-z][a-z0-9_]*)=(?P<value>\S+)")
_FEATURES = re.compile(r"[a-z][a-z0-9_-]*(?:\+[a-z][a-z0-9_-]*)*")
_REQUIREMENT = re.compile(r"(?P<project>[A-Za-z][\w.-]*)\s*(?P<comparators>[<>=!].*)")
_COMPARATOR = re.compile(r"(?P<operator>>=|<=|==|!=|>|<)\s*(?P<version>\d+(?:\.\d+)*)")


def parse_rules(text: str, path: Path) -> tuple[Rule, ...]:
    """Read the rules of one reference text.

    Args:
        text: the Markdown text.
        path: where it comes from; its stem is the topic, and errors name it.

    Raises:
        CatalogueError: the text is malformed.
    """
    lines = tuple(classified_lines(text.splitlines(), path))
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


@dataclass(frozen=True)
class _Field:
    line: int
    value: str


@dataclass(frozen=True)
class _Section:
    """The lines between a rule's heading and the next one."""

    path: Path
    heading: Line
    lines: tuple[Line, ...]

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
        block: list[Line] = []
        for line in self.lines:
            if line.kind == "close":
                yield code_block(block)
                block = []
            elif not line.prose:
                block.append(line)


def _literal(code: str) -> str:
    """Give a code span's text: one space at both ends only keeps backticks apart."""
    padded = len(code) > 2 and code.startswith(" ") and code.endswith(" ") and code.strip()
    return code[1:-1] if padded else code
