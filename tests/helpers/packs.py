"""Small packs of rules, and `verify.py` as a program that works on them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

import verify
from helpers.templates import NAMES, choice, features, layer

VERIFY = Path(verify.__file__)
MARKER = "VERIFY_TEST_RUN"
TEMPORARY = Path("/tmp")  # noqa: S108 - it is only looked at
MANIFEST = (
    choice("database", "sqlite", "postgresql")
    + choice("mood", "calm", "bold", help="How sums are said.").rstrip()
    + "\nneeds = { bold = { database = 'sqlite' } }\n\n"
    + choice("wiring", "depends", "container")
    + features("echo", "greeting")
    + NAMES
    + """\
[contributes]
features = "A name."

[trees.base]

[trees.echo]
when = { with = ["echo"] }
features = ["echo"]

[trees.greeting]
when = { with = ["greeting"] }
features = ["greeting"]

"""
    + layer(
        "all",
        *("pyproject.toml", "{{ package }}/__init__.py", "{{ package }}/sums.py"),
        "tests/test_sums.py",
    )
)
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

*Symptom:* {outcome}
"""
        story = f"""# {slug}

{f"- **Options:** {options}" if options else ""}
- **Window:** {window}
- **Databases:** {databases}
- **Outcome:** {outcome}
"""
        self.write(f"tests/proofs/{topic}/{slug}.md", story)
        self.write(f"references/{topic}.md", self.texts[topic])
        if proof is not None:
            self.write(f"tests/proofs/{topic}/test_{module}.py", proof)
        if patch is not None:
            self.write(f"tests/counterexamples/{topic}/{slug}.patch", patch)


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
    before: frozenset[Path]
    """What lay in the temporary folder before: a killed run's, whose number a run may get again."""

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
        return json.loads((self.folder / "evidence.json").read_text(encoding="utf-8"))

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
            for base in {TEMPORARY, self.folder}
            for path in base.glob(f"verify-*-{pid}-*")
            if path not in self.before
        ]
        return [*(str(process) for process in alive), *(str(folder) for folder in folders)]


def written_evidence() -> Any:
    return json.loads(Path("evidence.json").read_text(encoding="utf-8"))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def results(evidence: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    return {(result["rule"], result["database"]): result for result in evidence["results"]}
