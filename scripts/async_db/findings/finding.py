"""Findings: what a tool saw, by rule, and the forms in which it is told. Standard library only."""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import quote

Grade = Literal["proven", "suspected", "review"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One place where code does what a rule of the catalogue warns of.

    Parameters:
        rule: the rule's name, ``topic/slug``.
        grade: ``proven`` if it was seen to happen, ``suspected`` if another reading is possible,
            ``review`` if a person has to look.
        path: the file, relative to the project where it lies inside it.
        line: the line, counted from 1.
        message: what is wrong, in one sentence.
        advice: what to do, in one sentence.
        test: the test during which it was seen, if any.
        route: the route that was served, such as ``POST /orders``, if any.
        evidence: what happened, in order, a line each.
    """

    rule: str
    grade: Grade
    path: str
    line: int
    message: str
    advice: str
    test: str = ""
    route: str = ""
    evidence: tuple[str, ...] = ()


SCHEMA_VERSION = 1

GRADES: tuple[Grade, ...] = get_args(Grade)
"""The grades, the surest first."""

Format = Literal["text", "json", "sarif", "github"]
FORMATS: tuple[Format, ...] = get_args(Format)
"""The forms in which findings are told."""

_WIDTH = 100
_EVIDENCE_LINES = 4  # of the terminal for each line of evidence: one statement can fill a screen

_SARIF_LEVELS = {"proven": "error", "suspected": "warning", "review": "note"}
_GITHUB_COMMANDS = {"proven": "error", "suspected": "warning", "review": "notice"}

_VARYING = re.compile(
    r"(?P<uuid>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)"
    r"|(?P<address>0x[0-9a-f]+)"
    r"|\d+(?:[.,]\d+)*",
    re.IGNORECASE,
)
_CI_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)")


class BaselineError(Exception):
    """A baseline cannot be used; the message is one line and names the file."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding that is told once, however many tests met it.

    Parameters:
        finding: what was found, with the name and the evidence of the first test by name.
        tests: how many tests met it; 0 when it was found without running any.
    """

    finding: Finding
    tests: int


def merged(findings: Iterable[Finding]) -> list[Told]:
    """Put together what differs in nothing but the test, its evidence and the advice.

    Parameters:
        findings: in any order, which does not change the result.

    Returns:
        One for each rule, grade, path, line, message and route: by rule, the surest first, and
        then by place.
    """
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=_order):
        groups[_order(finding)[:6]].append(finding)
    return [
        Told(group[0], len({finding.test for finding in group if finding.test}))
        for group in groups.values()
    ]


def told(findings: Iterable[Finding], format: str, *, tool: str, rules: Mapping[str, str]) -> str:
    """Tell findings in one of the forms, with a final newline unless there is nothing to say.

    Parameters:
        findings: what to tell, in any order.
        format: one of `FORMATS`.
        tool: the name of the command that found it, for SARIF.
        rules: what each rule claims, by its name, for SARIF.

    Raises:
        ValueError: there is no such format.
    """
    match format:
        case "text":
            return as_text(findings)
        case "json":
            return as_json(findings)
        case "sarif":
            return as_sarif(findings, tool, rules)
        case "github":
            return as_github(findings)
        case _:
            raise ValueError(f"no format {format!r}: one of {', '.join(FORMATS)}")


def as_text(findings: Iterable[Finding]) -> str:
    """Tell findings to a person: a summary by rule, then each finding under its rule.

    What a terminal would not show as it is, such as a control character in a file's name, is
    written as Python escapes it.

    Parameters:
        findings: what to tell, in any order.
    """
    by_rule: dict[str, list[Told]] = defaultdict(list)
    for each in merged(findings):
        by_rule[each.finding.rule].append(each)
    if not by_rule:
        return "No findings.\n"
    sections = [_summary(by_rule)]
    for rule, group in by_rule.items():
        sections.append(_lines(rule, ""))
        sections.extend(_told_in_text(each) for each in group)
    return "\n".join("".join(f"{line}\n" for line in section) for section in sections)


def as_json(findings: Iterable[Finding]) -> str:
    """Tell every single finding as data; `test`, `route` and `evidence` only where there are any.

    Parameters:
        findings: what to tell, in any order, which does not change the result.
    """
    return _json(
        {
            "schema_version": SCHEMA_VERSION,
            "findings": [_as_data(finding) for finding in sorted(findings, key=_order)],
        }
    )


def as_sarif(findings: Iterable[Finding], tool: str, rules: Mapping[str, str]) -> str:
    """Tell findings as SARIF 2.1.0, for code scanning and editors.

    Parameters:
        findings: what to tell, in any order.
        tool: the name of the command that found it.
        rules: what each rule claims, by its name; a finding's rule that is not among them
            stands for itself.
    """
    results = merged(findings)
    names = sorted({*rules, *(each.finding.rule for each in results)})
    index = {name: position for position, name in enumerate(names)}
    return _json(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": tool,
                            "rules": [_sarif_rule(name, rules.get(name, name)) for name in names],
                        }
                    },
                    "results": [_sarif_result(each, index[each.finding.rule]) for each in results],
                }
            ],
        }
    )


def as_github(findings: Iterable[Finding]) -> str:
    """Tell findings as workflow commands, a line each, which GitHub shows beside the code.

    Parameters:
        findings: what to tell, in any order.
    """
    lines = []
    for each in merged(findings):
        finding = each.finding
        properties = {
            "file": finding.path.replace("\\", "/"),
            "line": str(max(finding.line, 1)),
            "title": finding.rule,
        }
        listed = ",".join(f"{key}={_github_property(value)}" for key, value in properties.items())
        message = _github_data(
            "\n".join(filter(None, (finding.message, finding.advice, _met(each))))
        )
        lines.append(f"::{_GITHUB_COMMANDS[finding.grade]} {listed}::{message}\n")
    return "".join(lines)


def fingerprint(finding: Finding) -> str:
    """Name a finding by what stays when lines move and counts or addresses in its message change.

    Parameters:
        finding: of which rule, path, route and message count.
    """
    parts = [finding.rule, finding.path.replace("\\", "/"), finding.route]
    # As JSON, no two findings' parts can run together, and whatever a path holds is ASCII.
    text = json.dumps([*parts, _VARYING.sub(_constant, finding.message)])
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def baseline_text(findings: Iterable[Finding]) -> str:
    """Give the content of a baseline that allows these findings, and no more of them.

    Parameters:
        findings: in any order, which does not change the result.
    """
    known = [
        {
            "rule": first.rule,
            "path": first.path,
            "message": first.message,
            **({"route": first.route} if first.route else {}),
            "count": len(places),
            "fingerprint": name,
        }
        for name, places in _places(findings).items()
        for first in [places[min(places)][0]]
    ]
    known.sort(key=lambda entry: [str(value) for value in entry.values()])
    return _json({"schema_version": SCHEMA_VERSION, "known": known})


def read_baseline(path: Path) -> Counter[str]:
    """Read how many places each fingerprint is allowed.

    Parameters:
        path: the file that holds what `baseline_text` gave.

    Raises:
        BaselineError: it cannot be read, or is no baseline.
    """
    try:
        return _counts(json.loads(path.read_bytes()))
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    except RecursionError:
        reason = "not a baseline: nested too deeply"
    except ValueError as error:  # not JSON, not text, or what _counts says
        reason = f"not a baseline: {error}"
    raise BaselineError(_visible(f"{path}: {reason}")) from None


def new_findings(findings: Iterable[Finding], baseline: Mapping[str, int]) -> list[Finding]:
    """Give the findings beyond those that a baseline allows, in the order they came in.

    A fingerprint is allowed in as many places as the baseline counts; the places lowest in the
    file are then the new ones. All tests that met one place are one occurrence.

    Parameters:
        findings: all that was found.
        baseline: how many places each fingerprint is allowed.
    """
    found = list(findings)
    surplus = {
        (name, place)
        for name, places in _places(found).items()
        for place in sorted(places)[baseline.get(name, 0) :]
    }
    return [finding for finding in found if (fingerprint(finding), _place(finding)) in surplus]


def _order(finding: Finding) -> tuple[Any, ...]:
    """Give what findings are sorted by; the first six are what makes two of them the same."""
    return (
        finding.rule,
        GRADES.index(finding.grade),
        finding.path,
        finding.line,
        finding.message,
        finding.route,
        finding.test,
        finding.advice,
        finding.evidence,
    )


def _place(finding: Finding) -> tuple[str, int]:
    return finding.path, finding.line


def _places(findings: Iterable[Finding]) -> dict[str, dict[tuple[str, int], list[Finding]]]:
    """Give the findings by fingerprint and place."""
    places: dict[str, dict[tuple[str, int], list[Finding]]] = {}
    for finding in sorted(findings, key=_order):
        of_one = places.setdefault(fingerprint(finding), {})
        of_one.setdefault(_place(finding), []).append(finding)
    return places


def _constant(varying: re.Match[str]) -> str:
    return {"uuid": "<uuid>", "address": "<address>"}.get(varying.lastgroup or "", "<number>")


def _counts(content: Any) -> Counter[str]:
    """Take the counts out of a baseline's content.

    Raises:
        ValueError: it has another form.
    """
    match content:
        case {"schema_version": version, "known": list(entries)}:
            pass
        case _:
            raise ValueError('no object with a "schema_version" and a list "known"')
    if type(version) is not int or version != SCHEMA_VERSION:
        raise ValueError(f'"schema_version" is {version!r:.40}, not {SCHEMA_VERSION}')
    counts: Counter[str] = Counter()
    for number, entry in enumerate(entries, start=1):
        match entry:
            # `bool` is an `int` to Python, and no count to a person.
            case {"fingerprint": str(name), "count": int(count)} if (
                name and count > 0 and not isinstance(count, bool)
            ):
                if name in counts:
                    raise ValueError(f"entry {number} of {name:.40} repeats an earlier one")
                counts[name] = count
            case _:
                raise ValueError(f'entry {number} lacks a "fingerprint" or a positive "count"')
    return counts


def _as_data(finding: Finding) -> dict[str, object]:
    data: dict[str, object] = {
        "rule": finding.rule,
        "grade": finding.grade,
        "path": finding.path,
        "line": finding.line,
        "message": finding.message,
        "advice": finding.advice,
    }
    optional = {"test": finding.test, "route": finding.route, "evidence": list(finding.evidence)}
    return data | {key: value for key, value in optional.items() if value}


def _sarif_rule(name: str, claim: str) -> dict[str, object]:
    topic, _, slug = name.partition("/")
    return {
        "id": name,
        "shortDescription": {"text": claim},
        "help": {"text": f"references/{topic}.md#{slug}"},
    }


def _sarif_result(each: Told, rule_index: int) -> dict[str, object]:
    finding = each.finding
    # Braces stay single although the standard wants them doubled: viewers show them as they are,
    # and `{{order_id}}` is no route.
    text = "\n".join(filter(None, (finding.message, finding.advice)))
    details = {
        "grade": finding.grade,
        "route": finding.route,
        "test": finding.test,
        "tests": each.tests,
        "evidence": list(finding.evidence),
    }
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _SARIF_LEVELS[finding.grade],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(finding.path),
                    "region": {"startLine": max(finding.line, 1)},
                }
            }
        ],
        # Not GitHub's `primaryLocationLineHash`: its upload computes that from the source, and
        # warns of any other value.
        "partialFingerprints": {"asyncDbFinding/v1": fingerprint(finding)},
        "properties": {key: value for key, value in details.items() if value},
    }


def _artifact(path: str) -> dict[str, object]:
    forward = path.replace("\\", "/")
    drive = re.match(r"[A-Za-z]:/", forward)
    if drive or forward.startswith("/"):  # outside the project
        rest = forward[2:] if drive else forward
        return {"uri": f"file://{f'/{forward[:2]}' if drive else ''}{_quoted(rest)}"}
    return {"uri": _quoted(forward), "uriBaseId": "%SRCROOT%"}


def _quoted(path: str) -> str:
    try:
        return quote(path, errors="surrogateescape")  # the bytes that the file system has
    except UnicodeEncodeError:
        return quote(path, errors="surrogatepass")


def _json(content: object) -> str:
    # ASCII goes through any terminal and pipe, and hides no direction marks.
    return json.dumps(_encodable(content), indent=2) + "\n"


def _encodable(content: Any) -> Any:
    """Write lone surrogates as escapes: Python reads them back from JSON, others refuse it."""
    match content:
        case str():
            return content.encode("utf-8", "backslashreplace").decode("utf-8")
        case dict():
            return {key: _encodable(value) for key, value in content.items()}
        case list():
            return [_encodable(value) for value in content]
        case _:
            return content


def _visible(text: str, keep: str = "") -> str:
    """Escape what cannot be seen, except the characters in `keep`."""
    return "".join(
        char
        if char.isprintable() or char in keep
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def _github_data(text: str) -> str:
    escaped = _visible(text, keep="\r\n").replace("%", "%25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _github_property(text: str) -> str:
    return _github_data(text).replace(":", "%3A").replace(",", "%2C")


def _summary(by_rule: Mapping[str, Sequence[Told]]) -> list[str]:
    rows = []
    for rule, group in by_rule.items():
        grades = Counter(each.finding.grade for each in group)
        counts = ", ".join(f"{grades[grade]} {grade}" for grade in GRADES if grades[grade])
        places = len({_place(each.finding) for each in group})
        rows.append((_visible(rule), counts, _counted(places, "place")))
    rule_width, counts_width = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [
        _harmless(f"{rule:{rule_width}}  {counts:{counts_width}}  {places}")
        for rule, counts, places in rows
    ]


def _told_in_text(each: Told) -> list[str]:
    finding = each.finding
    return [
        _harmless(_visible(f"  {finding.path}:{finding.line}  {finding.grade}")),
        *_lines(_met(each), "    "),
        *_lines(finding.message, "    "),
        *_lines(finding.advice, "    -> "),
        *(
            line
            for evidence in finding.evidence
            for part in evidence.splitlines()
            for line in _lines(part, "      | ", "      |   ", max_lines=_EVIDENCE_LINES)
        ),
    ]


def _met(each: Told) -> str:
    """Say in which route and tests a finding was met; nothing if in none."""
    finding = each.finding
    if each.tests == 0:
        return finding.route
    several = f"{each.tests} tests, such as " if each.tests > 1 else ""
    return f"{finding.route or 'met'} in {several}{finding.test}"


def _lines(
    text: str, indent: str, hanging: str | None = None, max_lines: int | None = None
) -> list[str]:
    """Break text into lines that fit; a long word, such as a path, stays whole to be copied.

    Parameters:
        text: of any number of lines, which are joined.
        indent: what starts the first line.
        hanging: what starts the others; by default, spaces as wide as `indent`.
        max_lines: how many to give at most.
    """
    lines = textwrap.wrap(
        _visible(" ".join(text.splitlines()).replace("\t", "    ")),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * len(indent) if hanging is None else hanging,
        break_long_words=max_lines is not None,
        break_on_hyphens=False,
        max_lines=max_lines,
        placeholder=" …",
    )
    return [_harmless(line) for line in lines]


def _harmless(line: str) -> str:
    """Keep a line of text from being a command to the CI runner that prints it."""
    return _CI_COMMAND.sub(
        lambda found: (found[1] or "") + ("\\x23" if found[0] == "#" else "\\x3a"), line
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
