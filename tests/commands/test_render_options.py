"""The command with the options that the scaffold really has."""

import json
from pathlib import Path

import pytest

import render
from helpers.rendered import MANIFEST


class Command:
    """Runs the command; keeps what it printed last."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str | Path) -> int:
        try:
            code = render.main([str(argument) for argument in arguments])
        except SystemExit as left:  # argparse's way to end
            code = int(str(left.code))
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_help_tells_every_option_with_its_values_and_every_layer(command: Command) -> None:
    assert command("--help") == 0
    said = " ".join(command.out.split())
    for option in MANIFEST.options.values():
        which = "Any" if option.kind == "set" else "One"
        values = f" {which} of: {', '.join(option.allowed)}." if option.allowed else ""
        default = f" Default: {option.default}" if option.default else ""
        assert f"--{option.name} {option.name.upper()} {option.help}{values}{default} " in said
    for layer in MANIFEST.layers.values():
        assert f" {layer.name} {layer.help} " in said


def test_help_fits_a_terminal(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert command("--help") == 0
    assert not [line for line in command.out.splitlines() if len(line) > 100]


@pytest.mark.parametrize("chosen", ["export,import", "import, export", "export,import,export"])
def test_features_are_chosen_in_any_order(command: Command, tmp_path: Path, chosen: str) -> None:
    assert command(tmp_path / "shop", "--with", chosen, "--format", "json") == 0
    assert json.loads(command.out)["options"]["with"] == "import,export"
    made = files(tmp_path / "shop")
    assert made > {"app/orders/imports.py", "app/orders/exports.py", "tests/test_exports.py"}
    assert not made & {"app/orders/search.py", "app/orders/receipts.py", "Dockerfile"}


def test_without_features_there_are_none(command: Command, tmp_path: Path) -> None:
    assert command(tmp_path / "shop") == 0
    assert {path for path in files(tmp_path / "shop") if path.startswith("app/orders/")} == {
        f"app/orders/{name}.py"
        for name in (
            *("__init__", "confirmation", "creation", "dependencies", "models"),
            *("repository", "routes", "schemas"),
        )
    }


def test_an_unknown_feature_is_told_in_one_line(command: Command, tmp_path: Path) -> None:
    assert command(tmp_path / "shop", "--with", "export,colour") == 2
    known = ", ".join(MANIFEST.options["with"].allowed)
    assert command.err == (
        f"render: with = 'export,colour' has 'colour', which is not one of {known}\n"
    )
    assert (command.out, list(tmp_path.iterdir())) == ("", [])


def test_choices_that_do_not_go_together_are_told_in_one_line(
    command: Command, tmp_path: Path
) -> None:
    assert command(tmp_path / "shop", "--tenancy", "schema", "--database", "both") == 2
    assert command.err == "render: tenancy = 'schema' needs database = 'postgresql'\n"
    assert list(tmp_path.iterdir()) == []


def test_a_plural_is_given(command: Command, tmp_path: Path) -> None:
    assert command(tmp_path / "club", "--model", "Person", "--plural", "club_members") == 0
    models = (tmp_path / "club/app/club_members/models.py").read_text("utf-8")
    routes = (tmp_path / "club/app/club_members/routes.py").read_text("utf-8")
    assert '__tablename__ = "club_members"' in models
    assert 'APIRouter(prefix="/club-members"' in routes
    assert "tests/test_club_members_api.py" in files(tmp_path / "club")


def test_a_model_that_does_not_go_is_told_in_one_line(command: Command, tmp_path: Path) -> None:
    assert command(tmp_path / "shop", "--model", "Database") == 2
    assert command.err == (
        "render: model = 'Database' does not go: in app/databases/confirmation.py, 'database' "
        "is a parameter that others know; choose another one\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_layer_tells_what_it_needs(command: Command, project: Path) -> None:
    assert command("--into", project, "--only", "session", "--package", "shop") == 0
    assert files(project) == {"shop/database/session.py", "shop/database/reading.py"}
    assert command.err.splitlines() == [
        "render: shop.database.engine is imported but not there: add --only engine",
        "render: needs installed: fastapi>=0.121.1, sqlalchemy[asyncio]>=2.0.40",
    ]


def test_a_layer_has_the_files_that_the_options_add_to_it(command: Command, project: Path) -> None:
    into = ("--into", project, "--package", "shop", "--database", "both", "--replica", "read")
    assert command(*into, "--only", "engine,settings", "--only", "session") == 0
    assert files(project) >= {"shop/database/sqlite.py", "shop/database/replica.py"}
    assert "is imported but not there: add --only base" in command.err  # column_types, of sqlite


def test_all_layers_make_a_whole_project(command: Command, tmp_path: Path, project: Path) -> None:
    options = ("--wiring", "manager", "--database", "both", "--with", "upsert,deployment")
    assert command(tmp_path / "whole", *options) == 0
    for layer in MANIFEST.layers:
        code = command("--into", project, "--only", layer, *options)
        assert (code == 0) != (layer in ("tenancy", "reporting")), command.err
    assert files(project) == files(tmp_path / "whole")
