from string import digits
from urllib.parse import quote

import pytest

from async_db.watching import Service

pytestmark = pytest.mark.rule("queries/bound-parameters")


@pytest.mark.usefixtures("pin")
async def test_a_value_asks_nothing_of_the_database(service: Service) -> None:
    await service.request("POST", "/orders", {"reference": "A-1"})

    learned = ""
    while len(learned) < 4:
        for digit in digits:
            guess = f"' or(select pin from pins)like'{learned}{digit}%'--"  # noqa: S608 (the attack)
            if await found(service, guess) == "200, ['A-1']":
                learned += digit
                break
        else:
            break

    observed = f"learned: {learned!r}"
    assert observed == "learned: ''", observed


async def test_a_quote_is_a_quote(service: Service) -> None:
    await service.request("POST", "/orders", {"reference": "O'Neil"})

    observed = await found(service, "O'N")
    assert observed == '200, ["O\'Neil"]', observed


async def test_a_wildcard_stands_for_itself(service: Service) -> None:
    await service.request("POST", "/orders", {"reference": "A-1"})
    await service.request("POST", "/orders", {"reference": "_A"})

    observed = f"begins with _: {await found(service, '_')}"
    assert observed == "begins with _: 200, ['_A']", observed


async def found(service: Service, prefix: str) -> str:
    exchange = await service.request("GET", f"/orders/search?reference={quote(prefix)}")
    if exchange.error:
        return f"{exchange.status}, raised: {type(exchange.error).__name__}"
    return f"{exchange.status}, {[row['reference'] for row in exchange.json()]}"
