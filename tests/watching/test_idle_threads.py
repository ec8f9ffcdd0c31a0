"""Whether a thread has waited, worked, or only not been let run."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from async_db.traces import Event
from async_db.watching.idle_threads import IdleThread
from async_db.watching.processor_queue import ProcessorQueue, Snapshot
from helpers.observing import findings_in

LAST = Event("executed", 0.0)
SPIN = "while True: pass"


class Counters:
    """What a thread's clocks say before and after."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, clock: float, thread: float, unwanted: float
    ) -> None:
        now = {"clock": 0.0, "thread": 0.0}
        module = "async_db.watching.idle_threads"
        monkeypatch.setattr(f"{module}.time.perf_counter", lambda: now["clock"])
        monkeypatch.setattr(IdleThread, "occupied", lambda _: now["thread"])
        monkeypatch.setattr(ProcessorQueue, "latest", lambda _: Snapshot(0.0, 0.0, {}))
        monkeypatch.setattr(ProcessorQueue, "unwanted_since", lambda *_: unwanted)
        self.idle = IdleThread()
        self.idle.begin(LAST)
        now.update({"clock": clock, "thread": thread})


@pytest.mark.parametrize(
    ("clock", "thread", "unwanted", "waited"),
    [
        (0.2, 0.001, 0.199, True),
        (0.02, 0.0, 0.02, False),  # too short to say
        (0.2, 0.199, 0.001, False),  # it stood in the line for a processor
        (0.2, 0.001, 0.01, False),  # another thread of the process worked meanwhile, or stood there
    ],
)
def test_a_thread_that_is_not_let_run_does_not_wait(
    monkeypatch: pytest.MonkeyPatch, clock: float, thread: float, unwanted: float, waited: bool
) -> None:
    assert Counters(monkeypatch, clock, thread, unwanted).idle.waited() is waited


def test_a_thread_knows_for_how_long_it_had_a_processor() -> None:
    idle = IdleThread()
    before = idle.occupied()
    while idle.occupied() == before:  # ends only if work is counted
        sum(range(10_000))


def test_of_a_thread_that_has_ended_nothing_is_said() -> None:
    queue = ProcessorQueue()
    latest = queue.latest()
    assert latest is not None
    gone = Snapshot(latest.at - 60, latest.ran - 0.001, {**latest.stood, "gone": 0})
    there = Snapshot(gone.at, gone.ran, latest.stood)
    assert queue.unwanted_since(gone) == 0.0
    assert queue.unwanted_since(there) > 0.0


@contextmanager
def busy_processors() -> Iterator[None]:
    """Keep more programs busy than there are processors."""
    programs = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(4)]  # noqa: S603 (our own)
    try:
        yield
    finally:
        for each in programs:
            each.kill()
            each.wait()


def test_a_thread_that_waits_for_the_interpreter_on_a_busy_machine_does_not_wait() -> None:
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            sum(range(1_000))

    others = [threading.Thread(target=work) for _ in range(2)]
    with busy_processors():
        for each in others:
            each.start()
        try:
            told = [_told_after(lambda: sum(range(1_000_000))) for _ in range(20)]
        finally:
            ended.set()
            for each in others:
                each.join()
    assert not any(told)


def test_one_that_sleeps_does() -> None:
    assert _told_after(lambda: time.sleep(0.5))


def _told_after(what: object) -> bool:
    idle = IdleThread()
    idle.begin(LAST)
    assert callable(what)
    what()
    return idle.waited()


SERVICE = """
import time
from fastapi import Depends, FastAPI
from sqlalchemy import StaticPool, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(
    "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
)
sessions = sessionmaker(engine)
app = FastAPI()


def get_session():
    with sessions.begin() as session:
        yield session


@app.get("/works")
def works(session: Session = Depends(get_session)) -> int:
    session.scalar(text("select 1"))
    sum(range(3_000_000))
    return session.scalar(text("select 2"))


@app.get("/waits")
def waits(session: Session = Depends(get_session)) -> int:
    session.scalar(text("select 1"))
    time.sleep(0.6)
    return session.scalar(text("select 2"))  # after the wait
"""
TESTS = """
from concurrent.futures import ThreadPoolExecutor

from fastapi.testclient import TestClient
from service import app


def test_all():
    with TestClient(app) as client:
        client.get("/waits")
        with ThreadPoolExecutor(4) as clients:
            list(clients.map(client.get, ["/works"] * 12))
"""


def test_on_a_busy_machine_the_endpoint_that_waits_is_told_and_the_one_that_works_is_not(
    tmp_path: Path,
) -> None:
    with busy_processors():
        found = findings_in(tmp_path, SERVICE, TESTS)
    told = {each["route"] for each in found if each["rule"] == "session/no-network-while-connected"}
    assert told == {"GET /waits"}
