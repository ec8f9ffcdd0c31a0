"""Which requests of a running app are watched: the first ones of each route, then some of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .by_identity import ByIdentity

UNWATCHED = 0
"""The number that all requests have of which nothing is recorded."""
WATCHED_WHOLE = 200
"""So many requests of a route are all watched: enough for what depends on its data and on what else
goes on to happen several times, and over within a minute of load."""
ONE_OF = 16
"""Of those afterwards, one of so many is: to watch one costs about a fifth of what it does,
and so, by this, a hundredth."""
AFTER_NEW = 8
"""So many are watched again when something new was found."""
MAX_ROUTES = 1_000  # what an app adds while it runs may be without end

# Multiples of the golden ratio's fraction: the gaps are 8, 13 and 21, and no client that sends the
# same again and again, in whatever order, keeps in step with them.
RANGE = 2**32
STEP = 2_654_435_769
SHARE = RANGE // ONE_OF


@dataclass(slots=True)
class SampledRoute:
    """How many requests of a route have been served, and how many of them watched.

    Parameters:
        number: counts up from 0 among the routes.
        name: such as ``GET /orders``.
    """

    number: int
    name: str
    served: int = 0
    watched: int = 0
    _whole: int = WATCHED_WHOLE

    def takes(self) -> bool:
        """Count a request that begins, and say whether it is to be watched."""
        self.served += 1
        taken = self.served <= self._whole or self.served * STEP % RANGE < SHARE
        self.watched += taken
        return taken

    def found_new(self) -> None:
        """Have the next requests watched whole."""
        self._whole = max(self._whole, self.served + AFTER_NEW)


class RouteSampling:
    """Decides for each request of a running app, by the route that serves it.

    Parameters:
        counted: told each route whenever a request of it has been counted.
        most: of how many routes requests are counted; those of more are watched whole.
    """

    def __init__(
        self, counted: Callable[[SampledRoute], None] = lambda _: None, most: int = MAX_ROUTES
    ) -> None:
        self._counted, self._most = counted, most
        self._routes: ByIdentity[dict[str, SampledRoute]] = ByIdentity()
        self._count = 0

    def route(self, route: object, method: str) -> SampledRoute | None:
        """Give what is known of a route, which is kept as long as the app keeps that.

        Parameters:
            route: Starlette's own.
            method: of the request.
        """
        by_method = self._routes.get(route)
        if by_method is None:
            by_method = self._routes[route] = {}
        known = by_method.get(method)
        if known is None and self._count < self._most:
            name = f"{method} {getattr(route, 'path', '')}"
            known = by_method[method] = SampledRoute(self._count, name)
            self._count += 1
        return known

    def takes(self, sampled: SampledRoute) -> bool:
        """Count a request of a route that begins, and say whether it is to be watched."""
        taken = sampled.takes()
        self._counted(sampled)
        return taken
