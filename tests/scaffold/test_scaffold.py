"""What is rendered is clean under every combination of options, whatever the names."""

import ast
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from async_db.rules import Rule
from async_db.scaffold.atomic_writing import plan_writing, write
from async_db.scaffold.manifest import (
    RESERVED_PACKAGES,
    Manifest,
    OptionError,
    check_options,
    read_manifest,
)
from async_db.scaffold.rendering import Tree, render_project
from async_db.servers import throwaway_postgres

SHORT, LONG = NAMES = [
    ("app", "Order"),
    ("a_rather_long_package_name_for_a_service", "PurchaseOrderRevision"),
]
# Words that only make sense to whoever writes the templates.
TELLTALE = re.compile(r"jinja|template|\{\{|\{%|scaffold|counterexample|rendered", re.IGNORECASE)


def combinations(root: Path) -> list[dict[str, str]]:
    """Every combination of what can be chosen together, with short and with long names."""
    manifest = read_manifest(root / "templates")
    options = manifest.options.values()
    choices = {option.name: option.allowed for option in options if option.allowed}
    products = itertools.product(*choices.values())
    chosen = [dict(zip(choices, product, strict=True)) for product in products]
    return [
        options | {"package": package, "model": model}
        for options in chosen
        if go_together(manifest, options)
        for package, model in NAMES
    ]


def go_together(manifest: Manifest, options: dict[str, str]) -> bool:
    try:
        check_options(manifest, options)
    except OptionError:
        return False
    return True


COMBINATIONS = combinations(Path(__file__).resolve().parents[2])


def named(options: dict[str, str]) -> str:
    return "-".join(options.values())


def run(folder: Path, *command: str, **environment: str) -> None:
    done = subprocess.run(  # noqa: S603 (our own tools, arguments as a list)
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module", params=COMBINATIONS, ids=named)
def rendered(request: pytest.FixtureRequest, root: Path) -> Tree:
    return render_project(root / "templates", request.param)


@pytest.fixture(scope="module")
def project(rendered: Tree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rendered") / "project"
    write(plan_writing(folder, rendered))
    return folder


@pytest.fixture(scope="session")
def types_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the type checker knows of the libraries, found out once."""
    return tmp_path_factory.mktemp("mypy")


def test_it_is_formatted_linted_and_typed(project: Path, types_cache: Path) -> None:
    run(project, "ruff", "format", "--check", "--no-cache", ".")
    run(project, "ruff", "check", "--no-cache", ".")
    run(project, "mypy", "--cache-dir", str(types_cache), ".")


def test_it_reads_as_if_written_by_hand(rendered: Tree) -> None:
    for path, text in rendered.items():
        assert not TELLTALE.search(text), path
        assert not text.startswith("\n"), path
        assert "\n\n\n\n" not in text, path
        assert not text or text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not re.search(r"[ \t]+$", text, re.MULTILINE), path


def test_it_imports_only_what_no_package_may_be_called(rendered: Tree) -> None:
    package = next(path.parts[0] for path in rendered if path.name == "main.py")
    allowed = {package} | set(sys.stdlib_module_names) | set(RESERVED_PACKAGES)
    trees = [ast.parse(text) for path, text in rendered.items() if path.suffix == ".py"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module}
    assert {name.partition(".")[0] for name in imported} <= allowed


def test_no_model_may_hide_a_name_of_the_service(root: Path) -> None:
    most = (
        {"database": "both", "replica": "read"},
        {"tenancy": "schema"},
        {"reporting": "outbox"},
        {"wiring": "modern-di"},
    )
    trees = [
        ast.parse(text)
        for options in most
        for path, text in render_project(root / "templates", options).items()
        if path.suffix == ".py"
    ]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    names |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names |= {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    classes = {name for name in names if re.fullmatch(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*", name)}
    own = {name for name in classes if name.startswith("Order")}
    reserved = read_manifest(root / "templates").reserved_models
    assert own
    assert classes - own == reserved


# `verify` runs the tests of what is rendered for one database with the default names.
def test_its_own_tests_pass_on_sqlite(root: Path, tmp_path: Path) -> None:
    folder = written(root, tmp_path, "both", LONG)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    run(folder, "pytest", "-q", "-p", "no:cacheprovider", TEST_DATABASE_URL=url)


@pytest.mark.postgres
def test_its_own_tests_start_their_own_postgresql(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    folder = written(root, tmp_path, "both", LONG)
    # The wheel's lock file, which is one for all users of the machine, if it is not told otherwise.
    (tmp_path / "python_PostgresServer").mkdir()
    # Whichever pytest starts next closes the common folder of all to the server's user, if any.
    with tempfile.TemporaryDirectory(dir="/tmp") as own:
        run(
            *(folder, "pytest", "-q", "-p", "no:cacheprovider"),
            XDG_RUNTIME_DIR=str(tmp_path),
            PYTEST_DEBUG_TEMPROOT=own,
        )


OTHER_DATABASES = [{"replica": "read"}, {"reporting": "outbox"}]


@pytest.mark.parametrize("options", OTHER_DATABASES, ids=named)
def test_its_own_tests_pass_with_another_database_on_sqlite(
    root: Path, tmp_path: Path, options: dict[str, str]
) -> None:
    folder = written(root, tmp_path, "both", LONG, **options)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    run(folder, "pytest", "-q", "-p", "no:cacheprovider", TEST_DATABASE_URL=url)


@pytest.mark.postgres
@pytest.mark.parametrize("options", OTHER_DATABASES, ids=named)
def test_its_own_tests_pass_with_another_database(
    root: Path, tmp_path: Path, options: dict[str, str]
) -> None:
    folder = written(root, tmp_path, "postgresql", LONG, **options)
    with throwaway_postgres() as server:
        server.create_database("first")
        url = server.url("first")
        run(folder, "pytest", "-q", "-p", "no:cacheprovider", TEST_DATABASE_URL=url)


@pytest.mark.postgres
def test_its_own_tests_pass_with_tenants(root: Path, tmp_path: Path) -> None:
    folder = written(root, tmp_path, "postgresql", LONG, tenancy="schema")
    with throwaway_postgres() as server:
        server.create_database("tenants")
        url = server.url("tenants")
        run(folder, "pytest", "-q", "-p", "no:cacheprovider", TEST_DATABASE_URL=url)


@pytest.mark.postgres
def test_its_own_tests_pass_with_a_container(root: Path, tmp_path: Path) -> None:
    folder = written(root, tmp_path, "both", LONG, wiring="modern-di")
    with throwaway_postgres() as server:
        server.create_database("container")
        for url in (server.url("container"), f"sqlite:///{tmp_path / 'test.db'}"):
            run(folder, "pytest", "-q", "-p", "no:cacheprovider", TEST_DATABASE_URL=url)


def test_its_proofs_are_typed_inside_it(
    root: Path, rules: tuple[Rule, ...], tmp_path: Path, types_cache: Path
) -> None:
    packages = ("--explicit-package-bases", "--namespace-packages")
    proofs = root / "tests/proofs"
    for options in {frozenset(rule.options.items()) for rule in rules}:
        project = tmp_path / "-".join(["project", *sorted(map("-".join, options))])
        rendered = render_project(root / "templates", dict(options))
        write(plan_writing(project, rendered))
        own = [rule for rule in rules if frozenset(rule.options.items()) == options]
        folders = {(root / rule.proof).parent for rule in own}
        beside = {path for folder in folders for path in folder.glob("*.py")} - set(
            proofs.glob("*/test_*.py")
        )
        for part in {proofs / "conftest.py", *beside, *(root / rule.proof for rule in own)}:
            copy = project / "proofs" / part.relative_to(proofs)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(part, copy)
        # What is beside a proof is imported as pytest does it: from the proof's own folder.
        copies = [str(project / "proofs" / folder.name) for folder in sorted(folders)]
        path = os.pathsep.join([*copies, str(project), str(root / "scripts")])
        run(project, "mypy", "--cache-dir", str(types_cache), *packages, "proofs", MYPYPATH=path)


def written(root: Path, parent: Path, database: str, names: tuple[str, str], **more: str) -> Path:
    package, model = names
    options = {"database": database, "package": package, "model": model, **more}
    write(plan_writing(parent / "project", render_project(root / "templates", options)))
    return parent / "project"
