"""`AsyncClient(app=...)`, which httpx no longer has."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword
from async_db.findings import Finding

RULE = "testing/asgi-transport"


@detects(RULE)
def app_argument(service: Service) -> Iterator[Finding]:
    """Find clients of httpx that are given the application itself."""
    release = service.release("httpx")
    old = release is not None and release.at_least("0.28") is False
    for tests in (True, False):
        for call in service.library_calls("httpx.AsyncClient", "httpx.Client", tests=tests):
            if keyword(call.node, "app") is not None:
                yield service.finding(
                    RULE,
                    "review" if old else "proven",
                    call,
                    "`app=` is deprecated, and gone in httpx 0.28"
                    if old
                    else "httpx has no argument `app` since 0.28: TypeError",
                    "AsyncClient(transport=ASGITransport(app), base_url='http://test')",
                )
