"""Lambdas beside functions that become async, which are given to the same function."""

import pytest

from async_db.modernizing.steps.propagation import propagation
from helpers.modernizing import check_transformed, transformed

HEAD = """
from sqlalchemy import select
from sqlalchemy.orm import Session

def chosen(points, fits):
    return [each for each in points if fits(each)]

def known(db: Session, points):
    def is_known(point):
        return db.scalar(select(point)) is not None
    return chosen(points, is_known)
"""
MOVED = """
from sqlalchemy import select
from sqlalchemy.orm import Session

async def chosen(points, fits):
    return [each for each in points if await fits(each)]

async def known(db: Session, points):
    async def is_known(point):
        return await db.scalar(select(point)) is not None
    return await chosen(points, is_known)
"""


def test_a_lambda_is_written_as_an_async_function_where_it_will_be_awaited() -> None:
    done = check_transformed(
        {
            "app": HEAD
            + """
def large(points, least):
    if points:
        return chosen(
            points,
            lambda each: (
                each > least
            ),
        )
    return chosen(chosen(points, lambda each, least=least: each < least), lambda each: each)
"""
        },
        {
            "app": MOVED
            + """
async def large(points, least):
    if points:
        async def fits_given(each):
            return each > least

        return await chosen(
            points,
            fits_given,
        )
    async def fits_given_2(each):
        return each

    async def fits_given_3(each, least=least):
        return each < least

    return await chosen(await chosen(points, fits_given_3), fits_given_2)
"""
        },
        propagation,
    )
    assert not done.left


@pytest.mark.parametrize(
    "use",
    [
        "def size(each):\n    return each\n\ndef f(points):\n    return chosen(points, lambda e: size(e))\n",
        "def f(points):\n    return [chosen(each, lambda e: e) for each in points]\n",
        "def f(points):\n    if chosen(points, lambda e: e): return 1\n",
        "def f(points, fits):\n    return chosen(points, fits)\n",
        "FOUND = chosen([], lambda e: e)\n",
    ],
)
def test_what_cannot_be_written_so_is_told(use: str) -> None:
    done = transformed({"app": f"{HEAD}\n{use}"}, propagation)
    assert "is_known is async now: see that `chosen` awaits it" in {e.reason for e in done.left}
