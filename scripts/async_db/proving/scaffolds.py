"""The scaffolds on disk: rendered services, with the pack's proofs among their tests."""

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path, PurePosixPath

from async_db.proving.evidence.results import installed_releases
from async_db.proving.groups import MODELS, Group
from async_db.proving.releases.sets import scaffold_options
from async_db.proving.request import Request
from async_db.rules import apply_to_tree
from async_db.scaffold import in_sqlmodels_words, render_project

PROOFS = PurePosixPath("tests/proofs")
_AS_WRITTEN = "as-written"


def render_scaffolds(
    request: Request, groups: Sequence[Group], work: Path, renderer: Executor
) -> list[Future[Path]]:
    """Begin to render the scaffolds, so that the first is proved while the others are rendered.

    Args:
        request: what to verify.
        groups: what each is rendered for.
        work: the folder that they are rendered into.
        renderer: does one after the other; ruff is not found by several threads at once.
    """
    return [renderer.submit(_scaffold, request, work, group) for group in groups]


def _scaffold(request: Request, work: Path, group: Group) -> Path:
    """Render the scaffold of a group, with the pack's proofs among its tests."""
    project = work / group.database / f"scaffold{group}".replace(" ", "-") / "project"
    options = {**scaffold_options(installed_releases(None)), **group.rendered_with()}
    tree = render_project(request.root / "templates", options, translated=False)
    for path, text in tree.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, encoding="utf-8", newline="")
    proofs = request.root / PROOFS
    if proofs.is_dir():
        shutil.copytree(proofs, project / PROOFS, ignore=shutil.ignore_patterns("__pycache__"))
    if options.get(MODELS) == "sqlmodel":
        shutil.copytree(project, project.with_name(_AS_WRITTEN))
        _translate(project)
    return project


def copy_patched(
    scaffold: Path, project: Path, patch: str, ignore: Callable[[str, list[str]], set[str]]
) -> None:
    """Copy a scaffold with a patch applied, in the words of its own session, as proofs are.

    Patches are of the templates' words: where those are translated, it is after the patch.

    Raises:
        PatchError: the patch does not apply.
    """
    as_written = scaffold.with_name(_AS_WRITTEN)
    is_translated = as_written.is_dir()
    shutil.copytree(as_written if is_translated else scaffold, project, ignore=ignore)
    apply_to_tree(patch, project)
    if is_translated:
        _translate(project)


def _translate(project: Path) -> None:
    """Say what a project's Python does in SQLModel's words."""
    tree = {
        PurePosixPath(path.relative_to(project)): path.read_text(encoding="utf-8")
        for path in project.rglob("*.py")
    }
    for path, text in in_sqlmodels_words(tree).items():
        if text != tree[path]:
            (project / path).write_text(text, encoding="utf-8", newline="")


def service_paths(project: Path) -> list[str]:
    """Give the service's own tests: what is in `tests/` besides the proofs."""
    tests = project / "tests"
    return [
        path.relative_to(project).as_posix()
        for path in sorted(tests.iterdir() if tests.is_dir() else ())
        if path.name != PROOFS.name and (path.is_dir() or path.match("test_*.py"))
    ]
