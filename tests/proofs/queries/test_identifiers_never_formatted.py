from string import digits
from urllib.parse import quote

import pytest

from async_db.watching import Service

pytestmark = pytest.mark.rule("queries/identifiers-never-formatted")


@pytest.mark.usefixtures("pin")
async def test_the_order_of_rows_tells_only_their_order(service: Service) -> None:
    for reference in ("A-1", "A-2"):
        await service.request("POST", "/orders", {"reference": reference})

    learned = ""
    while len(learned) < 4:
        for digit in digits:
            right = f"(select pin from pins) like '{learned}{digit}%'"  # noqa: S608 (the attack)
            guess = f"case when {right} then -orders.id else orders.id end"
            if await found(service, guess) == "200, ['A-2', 'A-1']":
                learned += digit
                break
        else:
            break

    observed = f"learned: {learned!r}"
    assert observed == "learned: ''", observed


async def test_a_word_that_is_no_choice_is_refused(service: Service) -> None:
    await service.request("POST", "/orders", {"reference": "A-1"})

    observed = await found(service, "price")
    assert observed == "422", observed


async def test_what_is_not_shown_is_not_sorted_by(service: Service) -> None:
    await service.request("POST", "/orders", {"reference": "A-1"})

    hidden = "confirmation_requested_at"
    observed = f"by {hidden}: {await found(service, hidden)}"
    assert observed == f"by {hidden}: 422", observed


async def found(service: Service, sort: str) -> str:
    exchange = await service.request("GET", f"/orders/search?reference=A&sort={quote(sort)}")
    if exchange.error:
        return f"{exchange.status}, raised: {type(exchange.error).__name__}"
    if exchange.status != 200:
        return str(exchange.status)
    return f"{exchange.status}, {[row['reference'] for row in exchange.json()]}"
