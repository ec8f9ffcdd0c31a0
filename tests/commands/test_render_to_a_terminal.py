"""A diff on a terminal shows what a target's file holds, and does not do it."""

import io
import sys

import pytest

import render

DIFF = "--- a/x.py\n+++ b/x.py\n-\x1b]0;title\x07\told\n+new é\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (Terminal(), "--- a/x.py\n+++ b/x.py\n-\\x1b]0;title\\x07\told\n+new é\n"),
        (io.StringIO(), DIFF),
    ],
)
def test_control_characters_reach_no_terminal(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, expected: str
) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    render._print(DIFF)
    assert stream.getvalue() == expected
