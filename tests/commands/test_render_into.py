"""The command in a project that has code of its own: what it says first, plans, checks, refuses."""

import json
from pathlib import Path

import pytest

import render
from helpers.houses import house


def called(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    try:
        code = render.main([str(argument) for argument in arguments])
    except SystemExit as left:  # argparse's way to end
        code = int(str(left.code))
    return code, *capsys.readouterr()


def test_what_is_assumed_is_said_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = house(tmp_path, "flat")
    code, out, err = called(capsys, "--into", target, "--only", "engine", "--dry-run")
    lines = err.splitlines()
    assert code == 0
    assert lines[0] == "render: assumed --package app: imports start in the project itself"
    assert "render: assumed --place app.db: no module has the name" in lines
    assert out.splitlines()[0] == "created     app/db/__init__.py"
    assert "by hand:\n" in out
    assert not (target / "app/db").exists()


def test_a_plan_is_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = house(tmp_path, "with_state")
    code, out, err = called(capsys, "--into", target, "--only", "engine", "--plan")
    assert (code, err) == (0, "")
    plan = json.loads(out)
    assert plan["dry_run"] is True
    assert plan["house"]["place"] == "ledger.infrastructure.db"
    assert plan["house"]["application"]["path"] == "ledger/web/app.py"
    assert {each["option"] for each in plan["assumed"]} > {"--place", "--base", "--url"}
    assert {each["kind"] for each in plan["by_hand"]} >= {"lifespan", "settings", "packages"}
    assert {each["action"] for each in plan["files"]} == {"created"}
    assert not (target / "tests/database_layer").exists()


def test_a_plan_that_is_refused_is_json_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = house(tmp_path, "flat")
    code, out, _ = called(capsys, "--into", target, "--only", "project", "--plan")
    assert code == 2
    assert json.loads(out)["refused"].startswith("project does not go into a project with code")


def test_a_check_says_what_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = house(tmp_path, "sqlmodel")
    call = ("--into", target, "--only", "engine,session")
    code, out, _ = called(capsys, *call, "--check")
    assert code == 1
    assert "heroes/db/engine.py: not written" in out.splitlines()
    assert called(capsys, *call)[0] == 0
    code, out, _ = called(capsys, *call, "--check")
    assert code == 1
    assert [line.split(": ")[1] for line in out.splitlines()] == ["lifespan", "packages", "pytest"]

    main = target / "heroes/main.py"
    text = main.read_text().replace(
        "    yield\n",
        "    settings = database_settings()\n"
        "    async with open_database(settings) as database:\n"
        '        yield {"database": database}\n',
    )
    main.write_text(text)
    pyproject = target / "pyproject.toml"
    pyproject.write_text(
        pyproject.read_text().replace(
            '"pydantic-settings"]',
            '"pydantic-settings", "aiosqlite", "sqlalchemy[asyncio]", "httpx", "pytest-asyncio"]',
        )
        + 'asyncio_default_fixture_loop_scope = "function"\n'
    )
    assert called(capsys, *call, "--check")[:2] == (0, "")


def test_a_check_is_of_all_that_a_layer_stands_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = house(tmp_path, "sqlmodel")
    call = ("--into", target, "--only", "routes", "--model", "Parcel")
    assert called(capsys, *call)[0] == 0
    code, out, _ = called(capsys, *call, "--check")
    assert code == 1
    told = [line.split(": ")[1] for line in out.splitlines()]
    assert {"lifespan", "errors", "routes"} <= set(told)


def test_a_diff_is_nothing_but_a_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = house(tmp_path, "flat")
    code, out, _ = called(capsys, "--into", target, "--only", "engine", "--diff")
    assert code == 0
    assert out.startswith("diff --git a/app/db/__init__.py b/app/db/__init__.py\nnew file mode")
    assert "by hand" not in out


def test_a_project_of_code_takes_named_layers_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = house(tmp_path, "flat")
    code, _, err = called(capsys, "--into", target)
    assert code == 2
    assert err.endswith("name the layers that it is to have, as --only engine,session\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["new", "--check"], "--check needs --into PROJECT"),
        (["--into", ".", "--only", "engine", "--remove"], "--remove goes with --only agents-md"),
        (["--into", ".", "--line-length", "9"], "between 40 and 320"),
    ],
)
def test_calls_that_mean_nothing(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    code, _, err = called(capsys, *arguments)
    assert code == 2
    assert message in err.splitlines()[-1]


def test_pyproject_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "project"
    target.mkdir()
    (target / "pyproject.toml").write_text('[project]\nname = "mine"\n')
    code, out, _ = called(capsys, "--into", target, "--only", "project,fixtures", "--force")
    assert code == 0
    assert (target / "pyproject.toml").read_text() == '[project]\nname = "mine"\n'
    assert 'asyncio_default_test_loop_scope = "session"' in out
    assert 'asyncio_mode = "auto"' in out
