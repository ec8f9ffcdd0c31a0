"""The Dockerfile's steps, without Docker: in its order, in a folder for each stage. And the CI file's."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from helpers.rendered import run, written

SERVED_SECONDS = 60.0
# What needs a base image or root: uv is here, and a user cannot be added.
LEFT_OUT = {
    "pip install --no-cache-dir uv",
    "useradd --system --no-create-home --shell /usr/sbin/nologin service",
}


@dataclass
class Build:
    """What a Dockerfile makes of a context: the paths of its stages, one below the other."""

    context: Path
    root: Path
    environment: dict[str, str]
    stages: dict[str, Path] = field(default_factory=dict)
    stage: str = ""
    folder: str = "/"
    command: list[str] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)

    def here(self, path: str) -> str:
        """Give what a path of the image is here; the same for all stages, as in their images."""
        return path.replace("/srv", f"{self.root}/srv")

    def run(self, dockerfile: str) -> None:
        text = re.sub(r"\\\n", " ", dockerfile)
        for line in filter(None, text.splitlines()):
            name, _, rest = line.partition(" ")
            if name != "#":
                getattr(self, f"do_{name.lower()}")(rest.strip())

    def do_from(self, rest: str) -> None:
        if self.stage:  # whose paths the next one has too
            self.stages[self.stage] = self.root.rename(self.root.with_name(self.stage))
        assert re.fullmatch(r"python:3\.\d+-slim( AS \w+)?", rest)
        self.stage = rest.partition(" AS ")[2] or "last"
        self.folder = "/"

    def do_workdir(self, rest: str) -> None:
        self.folder = self.here(rest)
        Path(self.folder).mkdir(parents=True)

    def do_run(self, rest: str) -> None:
        if rest in LEFT_OUT:
            self.left_out.add(rest)
            return
        command = shlex.split(rest)
        done = subprocess.run(  # noqa: S603 (a file of ours says so)
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def do_copy(self, rest: str) -> None:
        *sources, target = shlex.split(rest)
        stage = sources.pop(0).removeprefix("--from=") if sources[0].startswith("--from=") else ""
        for source in sources:
            if stage:
                path = self.stages[stage] / source.lstrip("/")
            else:
                assert source in self.sent(), f"{source} is kept back by .dockerignore"
                path = self.context / source
            place = Path(self.folder, target)
            place = place / path.name if target.endswith("/") else place
            if path.is_dir():
                shutil.copytree(path, place, symlinks=True)
            else:
                shutil.copy(path, place)

    def sent(self) -> set[str]:
        """Name what of the context is sent to Docker, which leaves out all that is not named."""
        first, *others = (self.context / ".dockerignore").read_text("utf-8").split()
        assert first == "*"
        return {line.removeprefix("!") for line in others if line.startswith("!")}

    def do_env(self, rest: str) -> None:
        for setting in shlex.split(rest):
            name, _, value = setting.partition("=")
            self.environment[name] = self.here(value).replace("$PATH", self.environment["PATH"])

    def do_user(self, rest: str) -> None:
        assert any(command.endswith(f" {rest}") for command in self.left_out)

    def do_expose(self, rest: str) -> None:
        assert rest.isdecimal()

    def do_cmd(self, rest: str) -> None:
        self.command = json.loads(rest)


@pytest.mark.exhaustive
@pytest.mark.network
def test_what_the_dockerfile_builds_serves_and_ends_in_order(tmp_path: Path) -> None:
    context = written(tmp_path / "context", with_="deployment", database="sqlite")
    # Of this machine, how the network is reached; nothing that leads to our own packages.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV")) and "DATABASE" not in name
    } | {"UV_PYTHON": sys.executable}
    lock = ("uv", "lock", "--quiet")
    subprocess.run(lock, cwd=context, env=environment, check=True)  # noqa: S603 (as README says)

    build = Build(context, tmp_path / "image", environment)
    build.run((context / "Dockerfile").read_text("utf-8"))

    assert build.left_out == LEFT_OUT
    at = build.command.index("--port") + 1
    port = str(free_port())
    command = [*build.command[:at], port, *build.command[at + 1 :]]
    program = shutil.which(command[0], path=build.environment["PATH"])
    assert program == f"{tmp_path}/image/srv/.venv/bin/uvicorn"
    environment = {**build.environment, "DATABASE_URL": f"sqlite:///{tmp_path / 'served.db'}"}
    migrated = subprocess.run(  # noqa: S603 (what a release runs in the image before it serves)
        [Path(program).with_name("alembic"), "upgrade", "head"],
        cwd=build.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert migrated.returncode == 0, migrated.stderr
    served = subprocess.Popen(  # noqa: S603 (what the image runs)
        [program, *command[1:]],
        cwd=build.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        status = wait_for_answer(served, f"http://127.0.0.1:{port}/health/live")
    finally:
        served.send_signal(signal.SIGTERM)
        said, _ = served.communicate(timeout=SERVED_SECONDS)
    assert status == 204, said
    assert served.returncode in {0, -signal.SIGTERM}, said


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for_answer(served: "subprocess.Popen[str]", url: str) -> int:
    """Ask until somebody listens or it has ended; there is no other sign from outside."""
    deadline = time.monotonic() + SERVED_SECONDS
    while served.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 (our own server)
                status: int = answer.status
                return status
        except urllib.error.HTTPError as refused:
            return refused.code
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    return 0


def test_the_ci_file_runs_commands_that_the_project_installs_and_passes(tmp_path: Path) -> None:
    project = written(tmp_path / "project", with_="deployment", database="sqlite")
    workflow = yaml.safe_load((project / ".github/workflows/ci.yml").read_text("utf-8"))
    commands = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    first, *others = commands
    assert first == "pip install uv"

    pyproject = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    installed = " ".join(pyproject["dependency-groups"]["dev"])
    for command in others:
        uv, verb, program, *arguments = shlex.split(command)
        assert (uv, verb) == ("uv", "run")
        assert re.search(rf"\b{program}\b", installed), command
        # Its types and its tests are checked by what is beside this, which takes longer.
        if program == "ruff":
            run(project, program, *arguments, "--no-cache")
    assert {shlex.split(command)[2] for command in others} == {"ruff", "mypy", "pytest"}
