"""Findings as a person reads them in a terminal. Standard library only."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from .cards import Card, cards, counted, seen_in, seen_on
from .escaping import visible
from .finding import GRADES, Finding
from .notice import Notice, blind

MOST_LINES = 60
MOST_CHARACTERS = 10_000
_WIDTH = 100
_LONG = 400  # characters of a word, such as a path, that stays whole to be copied
_EVIDENCE_LINES = 4  # of the terminal for each line of evidence: one statement can fill a screen
_MOST_NOTICES = 6
_MOST_RULES = 4  # of those that are told in numbers only
_CI_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\w*\[)")


def as_text(
    findings: Iterable[Finding],
    notices: tuple[Notice, ...] = (),
    *,
    watched: int | None = None,
    everything: bool = True,
    option: str = "--all",
) -> str:
    """Tell findings to a person: how many, what was not looked at, then a card for each place.

    What a terminal would not show as it is, such as a control character in a file's name, is
    written as Python escapes it.

    Parameters:
        findings: what to tell, in any order.
        notices: what was not looked at.
        watched: how many requests were, if any could be.
        everything: tell every card, and what happened as evidence; else as many as fit a screen or
            two, and the number of the others.
        option: of the command, which tells all.
    """
    told = cards(findings)
    head = [
        *_lines(_summary(told, notices, watched), ""),
        *_notice_lines(notices, None if everything else _MOST_NOTICES, option),
    ]
    if everything:
        return _text([*head, *card_lines(told, evidence=True)])
    return _text([*head, *_first_screen(told, head, option)])


def notices_as_text(notices: tuple[Notice, ...]) -> str:
    """Tell a person what was not looked at, each from a line of its own on."""
    return _text(_notice_lines(notices, None, ""))


def card_lines(told: Sequence[Card], *, evidence: bool = False) -> list[str]:
    """Tell cards under headings: what is wrong, and what to do, once for all that it is said of.

    Parameters:
        told: in the order in which they are told.
        evidence: tell what happened, too.
    """
    lines: list[str] = []
    before: object = None
    for card in told:
        heading = (card.grade, card.rule, card.messages, card.advice)
        if heading != before:
            lines += ["", *_heading(card)]
            before = heading
        lines += _card(card)
        if evidence:
            lines += _evidence(card)
    return lines


def chosen(told: Sequence[Card], most: int) -> list[Card]:
    """Choose cards of which to tell first: the surest, and of each rule one before two of another.

    Parameters:
        told: as `cards` gives them, whose order stays.
        most: how many.
    """
    turns: Counter[str] = Counter()
    order = []
    for place, card in enumerate(told):
        order.append((GRADES.index(card.grade), turns[card.rule], place))
        turns[card.rule] += 1
    return [told[place] for place in sorted(place for *_, place in sorted(order)[:most])]


def counted_by_rule(told: Sequence[Card]) -> str:
    """Say how many cards there are of each grade, and of which rules most."""
    rules = Counter(card.rule for card in told).most_common()
    named = ", ".join(f"{rule} {count}" for rule, count in rules[:_MOST_RULES])
    more = len(rules) - _MOST_RULES
    return f"{_counts(told)} ({named}{f', {more} more rules' if more > 0 else ''})"


def _first_screen(told: Sequence[Card], head: Sequence[str], option: str) -> list[str]:
    for most in range(min(len(told), MOST_LINES), -1, -1):
        shown = chosen(told, most)
        kept = set(map(id, shown))
        left = [card for card in told if id(card) not in kept]
        lines = card_lines(shown)
        if left:
            rest = f"Not shown: {counted_by_rule(left)}. {option} shows every place, and what happened."
            lines += ["", *_lines(rest, "")]
        whole = [*head, *lines]
        if len(whole) <= MOST_LINES and len(_text(whole)) <= MOST_CHARACTERS:
            break
    return lines


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _summary(told: Sequence[Card], notices: tuple[Notice, ...], watched: int | None) -> str:
    none = "not known" if blind(notices) else "none"
    seen = "" if watched is None else f"{counted(watched, 'request')} watched, "
    return f"{seen}findings: {_counts(told) or none}"


def _counts(told: Sequence[Card]) -> str:
    grades = Counter(card.grade for card in told)
    return ", ".join(f"{grades[grade]} {grade}" for grade in GRADES if grades[grade])


def _notice_lines(notices: Sequence[Notice], most: int | None, option: str) -> Iterator[str]:
    first = sorted(notices, key=lambda each: each.level != "error") if most else notices
    for each in first[:most]:
        yield from _lines(each.text, f"{each.level}: ")
    if most and len(notices) > most:
        yield f"and {len(notices) - most} more of these: {option} tells them"


def _heading(card: Card) -> Iterator[str]:
    yield from _lines(f"{card.grade}  {card.rule}", "")
    for number, message in enumerate(card.messages[:3]):
        yield from _lines(message, "  also: " if number else "  ", max_lines=3)
    if len(card.messages) > 3:
        yield f"  and {len(card.messages) - 3} more"
    yield from _lines(card.advice, "  -> ", max_lines=3)


def _card(card: Card) -> Iterator[str]:
    within = f" in {card.function}" if card.function else ""
    yield from _lines(f"{card.place}{within}", "    ")
    yield from _lines(card.code, "      | ", max_lines=1)
    yield from _lines(seen_on(card), "      ", max_lines=3)
    yield from _lines(seen_in(card), "      ", max_lines=3)


def _evidence(card: Card) -> Iterator[str]:
    for case in card.cases:
        if case.evidence in ((), (card.code,)):
            continue
        if case.route:
            yield from _lines(case.route, "      ")
        for evidence in case.evidence:
            for part in evidence.splitlines():
                yield from _lines(part, "        | ", "        |   ", max_lines=_EVIDENCE_LINES)


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
    shown = visible(" ".join(text.splitlines()).replace("\t", "    "))
    lines = textwrap.wrap(
        shown,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * len(indent) if hanging is None else hanging,
        break_long_words=max_lines is not None or len(shown) > _LONG,
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
