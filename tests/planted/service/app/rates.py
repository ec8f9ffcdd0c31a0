"""Today's rate of exchange, which somebody else knows."""

import os
from typing import Annotated

import httpx
from fastapi import Depends, Request

URL = os.environ.get("RATES_URL", "http://127.0.0.1:9/")


class Rates:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def today(self) -> float:
        answer = await self._client.get(URL)
        return float(answer.text)


def get_rates(request: Request) -> Rates:
    return Rates(request.app.state.client)


RatesDep = Annotated[Rates, Depends(get_rates)]
