"""The command as it is called: its reports, its refusals, its exit codes."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

import render
from async_db.servers import GIT
from helpers.small_templates import ENGINE, MANIFEST, files


class Command:
    """Runs the command on the templates of a test; keeps what it printed last."""

    def __init__(self, templates: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.templates = templates
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str | Path) -> int:
        try:
            code = render.main([str(argument) for argument in arguments], self.templates)
        except SystemExit as left:  # argparse's way to end
            code = int(str(left.code))
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def command(templates: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(templates, capsys)


# --- what it does ------------------------------------------------------------------------------


def test_a_whole_project(command: Command, tmp_path: Path) -> None:
    assert command(tmp_path / "new", "--package", "shop", "--model", "Box") == 0
    assert files(tmp_path / "new") == {
        "shop/__init__.py": "",
        "shop/engine.py": ENGINE,
        "shop/session.py": "from shop.engine import LEVEL\n\nboxes = LEVEL\n",
    }
    assert command.out == (
        "created     shop/__init__.py\ncreated     shop/engine.py\ncreated     shop/session.py\n"
    )
    assert command.err == ""


def test_an_option_of_the_manifest_needs_no_code(command: Command, tmp_path: Path) -> None:
    assert command(tmp_path / "new", "--log-level", "debug") == 0
    assert files(tmp_path / "new")["app/engine.py"] == 'LEVEL = "debug"\n'


@pytest.mark.parametrize(
    "only", [["--only", "session,lite"], ["--only", "session", "--only", " lite "]]
)
def test_some_layers(command: Command, project: Path, only: list[str]) -> None:
    assert command("--into", project, *only, "--database", "both") == 0
    assert files(project).keys() == {"app/session.py", "app/lite.py"}
    assert command.err == ("render: app.engine is imported but not there: add --only engine\n")


def test_all_layers_into_a_project(command: Command, project: Path) -> None:
    (project / "README").write_text("mine\n")
    assert command("--into", project) == 0
    assert files(project).keys() == {
        *("README", "app/__init__.py", "app/engine.py", "app/session.py")
    }
    assert command.err == ""


def test_what_is_already_in_the_project_is_not_missing(command: Command, project: Path) -> None:
    assert command("--into", project, "--only", "engine") == 0
    assert command("--into", project, "--only", "session") == 0
    assert command.err == ""


def test_rendering_twice_changes_nothing(command: Command, project: Path) -> None:
    assert command("--into", project) == 0
    assert command("--into", project) == 0
    assert {line.split()[0] for line in command.out.splitlines()} == {"unchanged"}


def test_force_overwrites(command: Command, project: Path) -> None:
    command("--into", project)
    (project / "app/engine.py").write_text("mine\n")
    assert command("--into", project, "--force") == 0
    assert files(project)["app/engine.py"] == ENGINE
    assert "overwritten app/engine.py\n" in command.out


def test_force_renders_into_a_folder_that_is_not_empty(command: Command, project: Path) -> None:
    (project / "README").write_text("mine\n")
    assert command(project, "--force") == 0
    assert files(project).keys() > {"README", "app/engine.py"}


def test_json(command: Command, project: Path) -> None:
    (project / "app").mkdir()
    (project / "app/session.py").write_text("mine\n")
    assert command("--into", project, "--only", "session", "--format", "json", "--force") == 0
    assert json.loads(command.out) == {
        "schema_version": 1,
        "options": {
            "database": "postgresql",
            "package": "app",
            "model": "Order",
            "log_level": "info",
        },
        "target": str(project),
        "dry_run": False,
        "files": [{"path": "app/session.py", "action": "overwritten"}],
        "missing_imports": [{"module": "app.engine", "layer": "engine"}],
        "requirements": [],
    }


def test_dry_run_writes_nothing(command: Command, tmp_path: Path) -> None:
    assert command(tmp_path / "new", "--dry-run", "--format", "json") == 0
    report = json.loads(command.out)
    assert report["dry_run"] is True
    assert [file["action"] for file in report["files"]] == ["created"] * 3
    assert not (tmp_path / "new").exists()


def test_a_diff_without_differences_says_so(command: Command, project: Path) -> None:
    command("--into", project)
    assert command("--into", project, "--diff") == 0
    assert (command.out, command.err) == ("", "render: nothing would change\n")


def test_dry_run_says_what_would_be_refused(command: Command, project: Path) -> None:
    command("--into", project)
    (project / "app/engine.py").write_text("mine\n")
    before = files(project)
    assert command(project, "--dry-run") == 0
    assert "differs     app/engine.py\n" in command.out
    assert f"{project} is not empty" in command.err
    assert "render: needs --force, as these differ: app/engine.py\n" in command.err
    assert files(project) == before


@pytest.mark.git
def test_diff_can_be_applied(command: Command, project: Path, tmp_path: Path) -> None:
    (project / "app").mkdir()
    (project / "app/engine.py").write_text("# mine")
    before = files(project)
    assert command("--into", project, "--only", "engine,session", "--diff") == 0
    assert files(project) == before
    assert command.out == (
        "diff --git a/app/__init__.py b/app/__init__.py\nnew file mode 100644\n"
        "diff --git a/app/engine.py b/app/engine.py\n"
        "--- a/app/engine.py\n+++ b/app/engine.py\n@@ -1 +1 @@\n"
        '-# mine\n\\ No newline at end of file\n+LEVEL = "info"\n'
        "diff --git a/app/session.py b/app/session.py\nnew file mode 100644\n"
        "--- /dev/null\n+++ b/app/session.py\n@@ -0,0 +1,3 @@\n"
        "+from app.engine import LEVEL\n+\n+orders = LEVEL\n"
    )
    git = GIT.find()
    assert git is not None
    subprocess.run([git, "apply", "-"], cwd=project, input=command.out, text=True, check=True)  # noqa: S603
    assert files(project)["app/engine.py"] == ENGINE
    assert files(project)["app/__init__.py"] == ""


def test_diff_in_json(command: Command, tmp_path: Path) -> None:
    assert command(tmp_path / "new", "--diff", "--format", "json") == 0
    report = json.loads(command.out)
    assert report["dry_run"] is True
    diffs = [file["diff"].splitlines() for file in report["files"]]
    assert diffs[0] == ["diff --git a/app/__init__.py b/app/__init__.py", "new file mode 100644"]
    assert [diff[2] for diff in diffs[1:]] == ["--- /dev/null", "--- /dev/null"]


@pytest.mark.parametrize(
    "text",
    [
        "--log-level LOG_LEVEL",
        "Which 100 % real one. One of: postgresql, sqlite, both. Default: postgresql\n",
        "engine       The engine of it.\n",
        "examples:\n",
        "exit codes:\n  0    done; with --check",
    ],
)
def test_help(command: Command, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert command("--help") == 0
    assert text in command.out


# --- what it refuses ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name either OUT for a new project or --into PROJECT"),
        (["new", "--into", "project"], "name either OUT for a new project or --into PROJECT"),
        (["new", "--only", "session"], "--only needs --into PROJECT"),
        ([""], "the folder's name is empty"),
        (["--into", ""], "the folder's name is empty"),
        (["new", "--colour", "blue"], "unrecognized arguments: --colour blue"),
        (["new", "--database", "mysql"], "'mysql' is not one of postgresql, sqlite, both"),
        (["new", "--package", "json"], "would hide the standard library's module"),
        (["new", "--model", "Import"], "would be called 'import', which Python needs"),
        (["--into", "project", "--only", "cache"], "unknown layer 'cache': there are engine"),
        (["--into", "project", "--only", ""], "unknown layer ''"),
        (["--into", "project", "--only", "lite"], "lite: no files under these options"),
        (["--into", "new"], "new does not exist: a new project is rendered without --into"),
        (["full"], "full is not empty: name a new folder"),
        (["--into", "full", "--only", "engine"], "would overwrite app/__init__.py, app/engine.py"),
        (["link"], "link is a symbolic link"),
        (["--into", "link"], "link is a symbolic link"),
    ],
)
def test_refusals(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("project").mkdir()
    Path("link").symlink_to("project")
    Path("full/app").mkdir(parents=True)
    Path("full/app/engine.py").write_text("mine\n")
    Path("full/app/__init__.py").write_text("mine\n")
    before = sorted(tmp_path.rglob("*")), files(tmp_path)
    assert command(*arguments) == 2
    assert command.out == ""
    assert message in command.err.splitlines()[-1]
    assert (sorted(tmp_path.rglob("*")), files(tmp_path)) == before


def test_a_broken_template_is_told_in_one_line(command: Command, tmp_path: Path) -> None:
    (command.templates / "base/{{ package }}/engine.py.jinja").write_text("x = {{ colour }}\n")
    assert command(tmp_path / "new") == 2
    assert command.err == "render: base/{{ package }}/engine.py.jinja: 'colour' is undefined\n"
    assert not (tmp_path / "new").exists()


def test_an_option_named_like_one_of_the_commands_own_is_told(
    command: Command, tmp_path: Path
) -> None:
    manifest = command.templates / "manifest.toml"
    manifest.write_text(MANIFEST.replace("[options.log_level]", "[options.force]"))
    assert command(tmp_path / "new") == 2
    assert command.err.startswith("render: options.force: ")
    assert command.err.count("\n") == 1


def test_an_interrupt_is_told(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(source: Path, destination: Path) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(os, "replace", replace)
    assert command(tmp_path / "new") == 130
    assert command.err == "render: interrupted; nothing was changed\n"
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]
