"""What is kept of many requests to be drawn."""

from async_db.findings import Finding
from async_db.pages import Gallery, as_json, from_json
from async_db.traces import Event, Task, Trace


def test_the_gallery_keeps_few_of_many() -> None:
    gallery = Gallery()
    for number in range(1, 400):
        took = number if number < 300 else 1
        events = (
            Event("executed", 0.0, 1, asked=-(2**62)),
            Event("response.start", 0.0, 1, detail="200"),
            Event("request.end", took, 1),
        )
        late = Finding("session/one-per-request", "proven", "a.py", number % 30, "m", "a")
        trace = Trace(
            number,
            "GET /x",
            "",
            events,
            foreign=frozenset({1}),
            pools=((2, 3),),
            shared=((4, "a.py:1"),),
            working=frozenset({5}),
            tasks=(Task(5, 1, 2),),
        )
        gallery.add(trace, [late] if number % 2 else [])

    shown = list(from_json(as_json(gallery.shown())))

    assert [each.reason for each in gallery.shown()].count("slowest") <= 1
    assert len(shown) <= 21
    assert max(trace.events[-1].at for trace, _ in shown) == 299
    assert {trace.tasks for trace, _ in shown} == {(Task(5, 1, 2),)}
    assert shown == [(each.trace, list(each.findings)) for each in gallery.shown()]
