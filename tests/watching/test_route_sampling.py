"""Which requests of a route are watched, and of how many routes they are counted."""

from itertools import pairwise

from async_db.watching.route_sampling import WATCHED_WHOLE, RouteSampling, SampledRoute

LONGEST_GAP = 21


def test_the_gaps_are_short_and_of_no_period() -> None:
    route = SampledRoute(0, "GET /")
    watched = [number for number in range(1, 100_001) if route.takes()]
    assert (route.served, route.watched) == (100_000, len(watched))
    assert watched[:WATCHED_WHOLE] == [*range(1, WATCHED_WHOLE + 1)]
    later = watched[WATCHED_WHOLE:]
    assert max(after - before for before, after in pairwise(later)) == LONGEST_GAP
    for period in range(2, 50):  # of who asks in turns for what a route does in several ways
        assert {number % period for number in later} == set(range(period)), period


def test_routes_are_counted_apart_and_few_are() -> None:
    class Route:
        path = "/orders"

    one, other, more = Route(), Route(), Route()
    sampling = RouteSampling(most=3)
    known = [sampling.route(one, "GET"), sampling.route(one, "POST"), sampling.route(other, "GET")]
    assert [route and route.number for route in known] == [0, 1, 2]
    assert sampling.route(one, "GET") is known[0]
    assert sampling.route(more, "GET") is None
