import pytest

from async_db.watching import Service

ORDER = {"reference": "A-1"}


@pytest.mark.rule("wiring/errors-pass-unwrapped")
async def test_what_an_operation_raises_is_what_is_answered(service: Service) -> None:
    created = (await service.request("POST", "/orders", ORDER)).json()

    missing = await service.request("DELETE", "/orders/404")
    taken = await service.request("POST", "/orders", ORDER)
    refused = await service.request("POST", f"/orders/{created['id']}/confirm")

    observed = f"missing {missing.status}, taken {taken.status}, refused {refused.status}"
    assert observed == "missing 404, taken 409, refused 409", observed
