"""What a move says of its own result: what the audit finds in it, and a type checker."""

import ast
import sys
from dataclasses import replace

import pytest

from async_db.modernizing import STEPS, Modernization, Options, check, modernize
from async_db.modernizing.refused import refused_in
from helpers.modernizing import sources, transformed

BEFORE = """
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite:///shop.db"))
app = FastAPI()


def get_session():
    with SessionLocal() as session:
        yield session


def size(session: Session) -> int:
    session.flush()
    return session.scalars(select(1)).one()


@app.get("/orders")
def orders(session: Session = Depends(get_session)) -> int:
    session.commit()
    return size(session) + size(None)
"""


def wrongly_moved(*awaits: str) -> Modernization:
    """Move a service, and take some awaits out of the result."""
    done = transformed({"app__main": BEFORE}, *STEPS)
    text = done.after.texts["app/main.py"]
    for each in awaits:
        assert text.count(f"await {each}") == 1
        text = text.replace(f"await {each}", each)
    return replace(done, after=replace(done.after, texts={"app/main.py": text}))


@pytest.mark.exhaustive
def test_types_find_what_nobody_awaits_and_not_what_was_wrong_before() -> None:
    move = wrongly_moved("session.flush()", "size(session)")
    lines = move.after.texts["app/main.py"].splitlines()

    checked = check(move, types=True)

    assert not checked.unchecked
    assert [lines[each.line - 1].strip() for each in checked.faults] == [
        "session.flush()",
        "return size(session) + await size(None)",
    ]
    assert all("Coroutine" in each.message for each in checked.faults)
    assert not checked.is_clean


def test_the_audit_finds_what_nobody_awaits_without_types() -> None:
    checked = check(wrongly_moved("session.flush()"), types=False)

    assert checked.unchecked == "--types asks mypy"
    assert [each.message.partition(":")[0] for each in checked.sync] == [
        "size does not await `flush` of an async session"
    ]


def test_the_audit_does_not_tell_what_was_there_before() -> None:
    late = """
        from app.main import SessionLocal, app

        @app.get("/late")
        async def late() -> None:
            SessionLocal().commit()
        """
    files = {"app__main": BEFORE, "app__late": late}
    whole = modernize(sources(**files), Options(), ())
    assert check(whole, types=False).files == 0
    noted = replace(whole.after, texts={**whole.after.texts, "app/main.py": f"{BEFORE}\n# noted\n"})
    checked = check(replace(whole, after=noted), types=False)
    assert checked.files == 1
    assert checked.is_clean
    new = check(Modernization(sources(app__main=BEFORE), noted, ()), types=False)
    assert [each.path for each in new.sync] == ["app/late.py"]


def test_a_move_is_clean() -> None:
    checked = check(wrongly_moved(), types=False)
    assert (checked.files, checked.is_clean) == (1, True)


def test_what_was_not_checked_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    checked = check(wrongly_moved(), types=True)
    assert "mypy cannot be started" in checked.unchecked


def test_what_python_refuses_is_found_first() -> None:
    move = wrongly_moved()
    text = move.after.texts["app/main.py"].replace("async def size", "def size")
    checked = check(
        replace(move, after=replace(move.after, texts={"app/main.py": text})), types=True
    )
    assert {each.message for each in checked.refused} == {
        "Python refuses it: `await` or `async` outside of an async function"
    }
    assert [text.splitlines()[each.line - 1] for each in checked.refused] == [
        "    await session.flush()",
        "    return (await session.scalars(select(1))).one()",
    ]
    assert checked.unchecked == "Python refuses it"


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    await g()",
        "def f():\n    async with g():\n        pass",
        "def f():\n    return [each async for each in g()]",
        "async def f():\n    return lambda: await g()",
        "async def f():\n    yield from g()",
        "async def f():\n    yield 1\n    return 2",
        "await g()",
        "async def f():\n    class A:\n        a = await g()",
        "def f(a=await g()):\n    pass",
    ],
)
def test_what_python_refuses(text: str) -> None:
    with pytest.raises(SyntaxError):
        compile(text, "f.py", "exec")
    assert len(list(refused_in(ast.parse(text)))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "async def f(a=1):\n    await g()\n    return [each async for each in g() if await each]",
        "def f():\n    return (await each for each in g())",
        "async def f():\n    yield 1\n    return",
        "async def f():\n    def g():\n        yield from [1]\n        return 2\n    yield 1",
    ],
)
def test_what_python_takes(text: str) -> None:
    compile(text, "f.py", "exec")
    assert list(refused_in(ast.parse(text))) == []
