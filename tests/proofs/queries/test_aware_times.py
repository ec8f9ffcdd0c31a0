import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from async_db.watching import Service


@pytest.fixture
def _five_hours_behind() -> Iterator[None]:
    """Put the process into a zone of its own, as TZ in a container does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "XYZ+5")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.rule("queries/aware-times")
@pytest.mark.usefixtures("_five_hours_behind")
async def test_what_is_stored_is_when_it_happened(service: Service) -> None:
    body = {"reference": "A-1", "items": [{"sku": "bolt", "quantity": 1}]}
    order = (await service.request("POST", "/orders", body)).json()
    await service.request("POST", f"/orders/{order['id']}/confirm")

    stored = (await service.request("GET", f"/orders/{order['id']}")).json()
    late = datetime.fromisoformat(stored["confirmed_at"]) - datetime.now(UTC)
    observed = f"confirmed in {late.total_seconds() / 3600:.0f} hours"
    assert observed.replace("-0", "0") == "confirmed in 0 hours", observed
