import pytest
from fastapi import FastAPI
from modern_di import Scope
from modern_di.exceptions import ValidationFailedError
from modern_di.providers import Factory
from modern_di_fastapi import fetch_di_container

from app.main import create_app
from app.orders.repository import OrderRepository
from app.settings import Settings
from async_db.watching import Service

pytestmark = pytest.mark.rule("wiring/narrower-never-in-wider")


async def test_a_service_that_is_ready_serves(service: Service) -> None:
    ready = await service.request("GET", "/health/ready")
    exchange = await service.request("POST", "/orders", {"reference": "A-1"})

    error = f", {type(exchange.error).__name__}" if exchange.error else ""
    observed = f"ready: {ready.status}, then {exchange.status}{error}"
    assert observed == "ready: 204, then 201", observed


class Report:
    """What somebody adds later on, and makes once for the process."""

    def __init__(self, orders: OrderRepository) -> None:
        self.orders = orders


async def test_a_service_that_is_wired_wrongly_does_not_start(settings: Settings) -> None:
    app = create_app(settings)
    fetch_di_container(app).add_providers(Factory(Report, scope=Scope.APP))

    observed = await started(app)
    assert observed == "not started: InvalidScopeDependencyError", observed


async def started(app: FastAPI) -> str:
    try:
        async with app.router.lifespan_context(app):
            return "started"
    except ValidationFailedError as error:
        return f"not started: {', '.join(type(each).__name__ for each in error.exceptions)}"
