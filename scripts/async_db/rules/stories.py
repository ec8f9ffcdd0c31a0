"""A rule's story, and the fields at its end that its proof is held to. Standard library only."""

import re
from dataclasses import dataclass
from pathlib import Path

from .markdown import Section, sections
from .rule import DATABASES, StatedOutcome, Story
from .windows import Comparator, Requirement

FIELDS = ("Options", "Window", "Databases", "Outcome", "Caught by")
"""The list lines that end every story, in this order; the first and the last may be left out."""
EVERY_WIRING = "every"
"""The value of the option `wiring` by which a rule says that it holds however things are wired."""
_OPTIONAL = frozenset({"Options", "Caught by"})
OBSERVED = "`observe`"
"""What the line of means to catch a rule's breach says, where `observe` sees it."""
_FIELD = re.compile(r"- \*\*(?P<name>[^*]+):\*\*\s*(?P<value>.*)")
_CODE_SPAN = re.compile(r"(?P<marks>`+)(?P<code>.+?)(?<!`)(?P=marks)(?!`)")
_CHOICE = re.compile(r"(?P<name>[a-z][a-z0-9_]*)=(?P<value>\S+)")
_FEATURES = re.compile(r"[a-z][a-z0-9_-]*(?:\+[a-z][a-z0-9_-]*)*")
_REQUIREMENT = re.compile(r"(?P<project>[A-Za-z][\w.-]*)\s*(?P<comparators>[<>=!].*)")
_COMPARATOR = re.compile(r"(?P<operator>>=|<=|==|!=|>|<)\s*(?P<version>\d+(?:\.\d+)*)")


def parse_story(text: str, path: Path) -> Story:
    """Read the story of one rule.

    Args:
        text: the Markdown text.
        path: where it comes from; its stem is the rule's slug, and errors name it.

    Raises:
        CatalogueError: the text is malformed.
    """
    section, *others = sections(text, path)
    if section.title != path.stem:
        raise section.error(f"the title is not `# {path.stem}`")
    if others:
        raise others[0].error("a story has no second part: use a heading of the third level")
    return _Fields.of(section).story()


@dataclass(frozen=True)
class _Field:
    line: int
    value: str


@dataclass(frozen=True)
class _Fields:
    """The closing list of a story; it is the last thing in it, and complete."""

    section: Section
    begin: int
    values: dict[str, _Field]

    @classmethod
    def of(cls, section: Section) -> "_Fields":
        fields: dict[str, _Field] = {}
        name, begin = "", 0
        for position, line in enumerate(section.lines):
            found = _FIELD.fullmatch(line.text) if line.prose else None
            if found and found["name"] in FIELDS:
                name, begin = found["name"], begin or position
                if name in fields:
                    raise section.error(f"a second **{name}:** line", line.number)
                fields[name] = _Field(line.number, found["value"].strip())
            elif fields and line.text.strip():
                if not line.prose or not line.text[0].isspace():
                    raise section.error(f"text after the **{name}:** line", line.number)
                value = f"{fields[name].value} {line.text.strip()}".strip()
                fields[name] = _Field(fields[name].line, value)
        order = tuple(each for each in FIELDS if each in fields or each not in _OPTIONAL)
        for name in order:
            if name not in fields or not fields[name].value:
                raise section.error(f"the **{name}:** line is missing or empty")
        if tuple(fields) != order:
            raise section.error(f"the closing lines are not in the order {', '.join(order)}")
        return cls(section, begin, fields)

    def story(self) -> Story:
        databases = self._databases(self.values["Databases"])
        options = self._options(self.values.get("Options"))
        if every_wiring := options.get("wiring") == EVERY_WIRING:
            del options["wiring"]
        return Story(
            text=self.section.text(before=self.begin),
            window=self._window(self.values["Window"]),
            databases=databases,
            outcomes=self._outcomes(self.values["Outcome"], databases),
            observed=self._observed(self.values.get("Caught by")),
            options=options,
            every_wiring=every_wiring,
        )

    def _observed(self, field: _Field | None) -> bool:
        if field and field.value != OBSERVED:
            raise self.section.error(f"**Caught by:** is not {OBSERVED}", field.line)
        return field is not None

    def _options(self, field: _Field | None) -> dict[str, str]:
        options: dict[str, str] = {}
        for part in field.value.split(",") if field else ():
            span = _CODE_SPAN.fullmatch(part.strip())
            found = _CHOICE.fullmatch(span["code"]) if span else None
            if field and (found is None or found["name"] in options):
                form = "`name=value`, each name once, separated by commas"
                raise self.section.error(f"**Options:** {part.strip()!r} is not {form}", field.line)
            if found:
                options[found["name"]] = found["value"]
        if "with" in options and field:
            options["with"] = self._features(options["with"], field)
        return options

    def _features(self, names: str, field: _Field) -> str:
        """Give the names of features as the manifest takes them, which commas separate there."""
        if not _FEATURES.fullmatch(names):
            raise self.section.error(
                f"**Options:** {names!r} is not names joined by `+`", field.line
            )
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
            raise self.section.error(f"**Window:** {text!r} is not {form}", field.line)
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
                raise self.section.error(
                    f"**Databases:** {label!r} is not one of: {known}", field.line
                )
        return tuple(key for label, key in keys.items() if label in labels)

    def _outcomes(self, field: _Field, databases: tuple[str, ...]) -> tuple[StatedOutcome, ...]:
        keys = {label: key for key, label in DATABASES.items()}
        outcomes: list[StatedOutcome] = []
        end = 0
        for found in _CODE_SPAN.finditer(field.value):
            # Between two literals stand a semicolon and, if one is meant, a database's name.
            between = field.value[end : found.start()].strip()
            if outcomes and not between.startswith(";"):
                raise self.section.error("**Outcome:** literals are separated by `;`", field.line)
            label = between.removeprefix(";").strip() if outcomes else between
            if label and keys.get(label) not in databases:
                raise self.section.error(
                    f"**Outcome:** {label!r} is not one of the rule's databases", field.line
                )
            outcomes.append(StatedOutcome(_literal(found["code"]), keys.get(label)))
            end = found.end()
        if not outcomes or field.value[end:].strip():
            raise self.section.error("**Outcome:** is not literals in backticks", field.line)
        for key in databases:
            if all(outcome.database not in (None, key) for outcome in outcomes):
                raise self.section.error(
                    f"**Outcome:** states none for {DATABASES[key]}", field.line
                )
        return tuple(outcomes)


def _literal(code: str) -> str:
    """Give a code span's text: one space at both ends only keeps backticks apart."""
    padded = len(code) > 2 and code.startswith(" ") and code.endswith(" ") and code.strip()
    return code[1:-1] if padded else code
