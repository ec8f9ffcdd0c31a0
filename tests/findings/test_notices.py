"""What was not looked at, in every form; and nothing of a target that a terminal or runner obeys."""

import json
from dataclasses import replace

import pytest

from async_db.findings import FORMATS, Notice, as_text, format_findings
from helpers.findings import FOUND

ERROR = Notice("Nothing was seen.", "error")
WARNING = Notice("Half was seen.")
HOSTILE = "##vso[task.setvariable]x ##[error]y \x1b[31m ::error::z"


def told(form: str, *notices: Notice) -> str:
    return format_findings([], form, tool="observe", rules={}, notices=notices)


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_tells_what_was_not_looked_at(form: str) -> None:
    text = told(form, ERROR, WARNING)
    assert text.index("Nothing was seen.") < text.index("Half was seen.")


def test_nothing_found_is_not_said_where_nothing_was_seen() -> None:
    assert as_text([], (ERROR,)) == "findings: not known\nerror: Nothing was seen.\n"
    assert as_text([], (WARNING,)) == "findings: none\nwarning: Half was seen.\n"
    told = as_text([FOUND], (WARNING,))
    assert told.startswith("findings: 1 proven\nwarning: Half was seen.\n\nproven  session/")
    assert as_text([], watched=1) == "1 request watched, findings: none\n"


def test_of_many_notices_the_first_screen_has_the_errors() -> None:
    notices = (*(Notice(f"{number} was not seen.") for number in range(20)), ERROR)
    told = as_text([], notices, everything=False, option="--more").splitlines()
    assert told[:3] == [
        "findings: not known",
        "error: Nothing was seen.",
        "warning: 0 was not seen.",
    ]
    assert told[-1] == "and 15 more of these: --more tells them"
    assert len(as_text([], notices).splitlines()) == 22


def test_data_has_the_level() -> None:
    assert json.loads(told("json", ERROR))["notices"] == [
        {"level": "error", "message": "Nothing was seen."}
    ]
    assert json.loads(told("json"))["notices"] == []
    for notices, successful in (((ERROR, WARNING), False), ((WARNING,), True)):
        (invocation,) = json.loads(told("sarif", *notices))["runs"][0]["invocations"]
        assert invocation["executionSuccessful"] is successful
    assert "invocations" not in json.loads(told("sarif"))["runs"][0]


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_no_runner_obeys_what_a_target_says(form: str) -> None:
    finding = replace(FOUND, message=HOSTILE, evidence=(HOSTILE,), test=HOSTILE, route=HOSTILE)
    text = format_findings(
        [finding], form, tool="observe", rules={}, notices=(Notice(HOSTILE), Notice("::error::"))
    )
    assert "##[" not in text
    assert "##vso[" not in text
    assert "\x1b" not in text
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
    if form != "text":
        assert HOSTILE in json.dumps(json.loads(text), ensure_ascii=False).replace(
            "\\u001b", "\x1b"
        )
