"""What is one card, and what it says of all that it holds."""

from dataclasses import replace

from async_db.findings import cards, seen_in, seen_on
from helpers.findings import FOUND, READ, REVIEW


def test_a_place_is_one_card_with_the_most_frequent_route_first() -> None:
    message = "GET /a answers 200 and commits afterwards, as GET /a/b does"
    one = replace(FOUND, route="GET /a", message=message, requests=3, test="x")
    other = replace(FOUND, route="PUT /b", message=message.replace("GET /a ", "PUT /b "), test="y")
    (card,) = cards([other, one, replace(one, test="z", requests=4)])

    assert card.messages == ("a request answers 200 and commits afterwards, as GET /a/b does",)
    assert (card.requests, card.routes, card.tests) == (8, ("GET /a", "PUT /b"), ("x", "y", "z"))
    assert seen_on(card) == "8 requests on 2 routes: GET /a, PUT /b"
    assert seen_in(card) == "seen in x, y (+1)"


def test_the_surest_comes_first_and_makes_the_grade() -> None:
    sure = replace(FOUND, message="It is.")
    unsure = replace(FOUND, message="It may be.", grade="review", requests=90)
    (card,) = cards([unsure, sure])

    assert (card.grade, card.messages) == ("proven", ("It is.", "It may be."))


def test_numbers_that_differ_are_told_together() -> None:
    def told(*waits: float) -> str:
        found = [
            replace(FOUND, route=f"GET /v1/{wait}", message=f"GET /v1/{wait} waits {wait} ms")
            for wait in waits
        ]
        (card,) = cards(found)
        (message,) = card.messages
        return message

    assert told(3) == "a request waits 3 ms"
    assert told(3, 20, 100) == "a request waits 3/20/100 ms"
    assert told(3, 20, 100, 5.5) == "a request waits 3 to 100 ms"


def test_grades_come_first_then_rules_and_of_a_rule_what_most_requests_showed() -> None:
    rare, often = replace(FOUND, line=1), replace(FOUND, line=90, requests=2)

    order = [(card.grade, card.line) for card in cards([REVIEW, READ, rare, often])]
    assert order == [("proven", 90), ("proven", 1), ("suspected", 7), ("review", 3)]
