"""Whether a thread has waited, worked, or only not been let run."""

import pytest

from async_db.traces import Event
from async_db.watching.idle_threads import IdleThread


class Counters:
    """What a thread's clocks say before and after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, clock: float, thread: float, all_: float):
        started = Event("executed", 0.0)
        now = {"clock": 0.0, "thread": 0.0, "all": 0.0}
        monkeypatch.setattr(
            "async_db.watching.idle_threads.time.perf_counter", lambda: now["clock"]
        )
        monkeypatch.setattr("async_db.watching.idle_threads.time.process_time", lambda: now["all"])
        monkeypatch.setattr(IdleThread, "occupied", lambda _: now["thread"])
        self.idle = IdleThread()
        self.idle.begin(started)
        now.update({"clock": clock, "thread": thread, "all": all_})


@pytest.mark.parametrize(
    ("clock", "thread", "process", "waited"),
    [
        (0.2, 0.001, 0.001, True),
        (0.02, 0.0, 0.0, False),  # too short to say
        (0.2, 0.199, 0.001, False),  # it stood in the line for a processor
        (0.2, 0.001, 0.19, False),  # another thread of the process worked meanwhile
    ],
)
def test_a_thread_that_is_not_let_run_does_not_wait(
    monkeypatch: pytest.MonkeyPatch, clock: float, thread: float, process: float, waited: bool
) -> None:
    assert Counters(monkeypatch, clock, thread, process).idle.waited() is waited


def test_a_thread_knows_for_how_long_it_had_a_processor() -> None:
    idle = IdleThread()
    before = idle.occupied()
    while idle.occupied() == before:  # ends only if work is counted
        sum(range(10_000))
