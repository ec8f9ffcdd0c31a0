"""A rule told in full: its claim, its story, what breaks it and what then happens.

Standard library only, and nothing is run.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from .markdown import CatalogueError
from .rule import DATABASES, Rule

SCHEMA_VERSION = 1
MOST_CHARACTERS = 10_000
"""Of what is printed unless all is asked for: tools cut what is longer."""
WITHOUT = "the proof passes"
"""What happens without the counterexample."""


def rule_called(name: str, rules: Sequence[Rule]) -> Rule:
    """Find a rule by its name, or by its slug where one rule alone has that.

    Raises:
        CatalogueError: no rule is called so, or several are.
    """
    found = [rule for rule in rules if name in (rule.name, rule.slug)]
    if len(found) == 1:
        return found[0]
    known = [rule.name for rule in found] or get_close_matches(
        name, [each for rule in rules for each in (rule.name, rule.slug)]
    )
    hint = f"; close to it: {', '.join(known)}" if known else ""
    raise CatalogueError(f"no one rule is called {name!r}{hint}")


def explained(rule: Rule, root: Path, *, audited: bool) -> dict[str, object]:
    """Give all that is known of a rule, for programs; what is written does not depend on limits.

    Args:
        rule: which one.
        root: the pack's folder.
        audited: whether `audit` sees it in source.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "rule": rule.name,
        "claim": rule.claim,
        "symptom": rule.symptom,
        "window": [str(part) for part in rule.window],
        "databases": list(rule.databases),
        "options": dict(rule.options) | ({"wiring": "every"} if rule.every_wiring else {}),
        "caught_by": _caught_by(rule, audited=audited),
        "short": {"path": _place(rule.short.path, root), "text": rule.short.body},
        "story": {"path": str(rule.story), "text": rule.full.body},
        "proof": str(rule.proof),
        "counterexample": {"path": str(rule.counterexample), "diff": _diff(rule, root)},
        "outcome": {
            "without": WITHOUT,
            "with": {key: list(rule.outcomes_on(key)) for key in rule.databases},
        },
    }


def explanation(rule: Rule, root: Path, *, audited: bool, everything: bool = False) -> str:
    """Tell a rule to a person, in a screen or two unless everything is asked for.

    Args:
        rule: which one.
        root: the pack's folder.
        audited: whether `audit` sees it in source.
        everything: whether to tell all of it, however long it is.
    """
    parts = (
        "\n".join(_head(rule, root, audited=audited)),
        rule.full.body,
        f"The counterexample, {rule.counterexample}:\n\n{_diff(rule, root).rstrip()}",
    )
    told = "\n\n".join(part for part in parts if part) + "\n"
    if everything or len(told) <= MOST_CHARACTERS:
        return told
    lines = told.splitlines(keepends=True)
    shown: list[str] = []
    while sum(map(len, shown)) + len(lines[len(shown)]) <= MOST_CHARACTERS - 100:
        shown.append(lines[len(shown)])
    left = len(lines) - len(shown)
    return "".join(shown) + f"\n{left} lines more: --all prints them, {rule.story} has them\n"


def _head(rule: Rule, root: Path, *, audited: bool) -> Iterator[str]:
    yield f"{rule.name}: {rule.claim}"
    yield ""
    facts = {
        "holds for": "; ".join(map(str, rule.window)) or "any release",
        "databases": ", ".join(DATABASES[key] for key in rule.databases),
        "in short": f"{_place(rule.short.path, root)}, ## {rule.slug}",
        "proof": str(rule.proof),
        "caught by": ", ".join(_caught_by(rule, audited=audited)),
        "without the counterexample": WITHOUT,
    }
    yield from (f"{name}: {value}" for name, value in facts.items())
    for outcome in rule.outcomes:
        on = f" on {DATABASES[outcome.database]}" if outcome.database else ""
        yield f"with it{on}: {outcome.text}"


def _caught_by(rule: Rule, *, audited: bool) -> list[str]:
    means = {"proof": True, "observe": rule.observed, "audit": audited}
    return [name for name, catches in means.items() if catches]


def _place(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _diff(rule: Rule, root: Path) -> str:
    path = root / rule.counterexample
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: cannot be read: {error}") from error
