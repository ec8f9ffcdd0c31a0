"""The benchmarks can be called; what they measure is not asserted here."""

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import request_cost

FOLDER = Path(__file__).parent / "benchmarks"
BENCHMARKS = sorted(FOLDER.glob("*.py"))
COUNT = re.compile(r"^  (--\w+) N ", re.MULTILINE)


def called(path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, str(path), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_calls_are_answered(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    helped = called(path, "--help")
    assert helped.returncode == 0, helped.stderr
    assert "examples:" in helped.stdout
    counts = COUNT.findall(helped.stdout)
    assert counts or path.stem == "audit_accuracy"  # which measures each project once
    main = import_module(f"benchmarks.{path.stem}").main
    for option in counts:
        with pytest.raises(SystemExit) as refused:
            main([f"{option}=0"])
        assert refused.value.code == 2, option
        assert "not a positive number" in capsys.readouterr().err, option


def test_a_file_without_a_place_for_the_table_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text("no marks", encoding="utf-8")
    for file in ("README.md", "missing.md"):
        assert request_cost.main(["--update", str(tmp_path / file)]) == 2
        assert capsys.readouterr().err.startswith("request_cost: ")


@pytest.mark.exhaustive
@pytest.mark.postgres
def test_what_a_request_costs_is_measured_and_put_where_it_is_shown(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("a\n<!-- request-cost -->\nold\n<!-- /request-cost -->\nz\n", encoding="utf-8")

    few = ("--rounds", "1", "--requests", "2")
    done = called(FOLDER / "request_cost.py", *few, "--update", str(page), "--format", "json")

    assert done.returncode == 0, done.stderr
    costs = json.loads(done.stdout)
    assert all(trips >= 1 for cost in costs for trips in cost["round_trips"].values())
    timed = [cost["operation"] for cost in costs if cost["processor"]]
    assert timed == ["list, 50 rows", "GET by id, with items", "POST, with items"]
    text = page.read_text("utf-8")
    assert "old" not in text
    assert [line.split("|")[1].strip() for line in text.splitlines()[4:-2]] == [
        cost["operation"] for cost in costs
    ]


def test_what_an_audit_costs_is_measured(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")

    done = called(FOLDER / "audit_cost.py", str(tmp_path), "--rounds", "1", "--format", "json")

    assert done.returncode == 0, done.stderr
    (cost,) = json.loads(done.stdout)
    assert (cost["tree"], cost["lines"]) == (tmp_path.name, 3)
    assert cost["to_parsing"] > 0
    assert called(FOLDER / "audit_cost.py", str(tmp_path / "none")).returncode == 2
