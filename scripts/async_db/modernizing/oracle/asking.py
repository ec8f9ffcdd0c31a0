"""What a type checker is asked of a target, and what its answers mean."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from async_db.modernizing.oracle.checker import NoAnswer, run_mypy
from async_db.modernizing.oracle.classes import Classes
from async_db.modernizing.oracle.fixtures import Fixture, Fixtures
from async_db.modernizing.oracle.parameters import Parameters
from async_db.modernizing.oracle.revealed import classes_of, notes_in
from async_db.modernizing.oracle.shadow import Shadow, copy_paths, is_exact
from async_db.records import Edge
from async_db.target import Call, Function, Module, Project, libraries

_TYPES = "_async_db_types"
_MOST_ROUNDS = 5
_WAITING = frozenset().union(*libraries.BLOCKING.values(), libraries.AWAITED)
_OF_CLIENTS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request"})


@dataclass(frozen=True, slots=True)
class Answers:
    """What a type checker has said.

    Parameters:
        edges: the calls that it could tell, sorted.
        asked: how many calls it was asked of.
        problem: why it could not be asked, in a line; empty if it could.
    """

    edges: tuple[Edge, ...]
    asked: int
    problem: str = ""


def unresolved(project: Project) -> list[Call]:
    """Give the calls of methods that the model cannot tell and that may run what waits.

    Those are called as some method of the target is, or as one of a session or a test's client.
    """
    own = {
        function.name
        for function in project.functions
        if function.owner is not None and not function.name.startswith("__")
    }
    names = own | _WAITING
    found: list[Call] = []
    for module in project.modules:
        wanted = names | _OF_CLIENTS if module.is_test else names
        for call in module.all_calls:
            if call.name not in wanted or not isinstance(call.node.func, ast.Attribute):
                continue
            if project.calls.called(call) is None:
                found.append(call)
    return found


def ask_types(project: Project, calls: Iterable[Call] | None = None) -> Answers:
    """Ask a type checker what calls run.

    Parameters:
        project: the target's model.
        calls: those to ask of; the `unresolved` ones, if none are given.
    """
    wanted = list(unresolved(project) if calls is None else calls)
    if not wanted:
        return Answers((), 0)
    with tempfile.TemporaryDirectory(prefix="async-db-types-") as folder:
        try:
            edges = Asking(project, wanted, Path(folder)).edges()
        except NoAnswer as error:
            return Answers((), len(wanted), str(error))
        except OSError as error:
            return Answers((), len(wanted), f"cannot write a copy: {error.strerror}")
    return Answers(tuple(sorted(edges)), len(wanted))


class Asking:
    """Asks in rounds: what the fixtures give is known first, and then what is done with it.

    Parameters:
        project: the target's model.
        calls: those to ask of.
        folder: where the copy is written.
    """

    def __init__(self, project: Project, calls: list[Call], folder: Path) -> None:
        self._project = project
        self._calls = calls
        self._folder, self._cache = folder / "copy", folder / "cache"
        self.paths = copy_paths(project.modules)
        self.output = ""
        self._classes = Classes(project, self.paths)
        self._fixtures = Fixtures(project)
        self._given: dict[Fixture, str] = {}
        self._parameters = Parameters(project, frozenset(self._fixtures.users))

    def edges(self) -> set[Edge]:
        edges: set[Edge] = set()
        for _ in range(_MOST_ROUNDS):
            before, known = edges, self._known()
            revealed = self._round()
            self._learn(revealed)
            edges = {edge for call in self._calls for edge in self._edges_of(call, revealed)}
            if edges == before and known == self._known():
                break
        return edges

    def _known(self) -> tuple[dict[Fixture, str], list[str]]:
        """Give what fixtures and parameters are known to be."""
        return dict(self._given), [given for _, _, given in self._parameters.learned()]

    def _round(self) -> dict[ast.expr, str]:
        """Write the copy, have it checked, and give the types of what was asked for."""
        shadows = {module: Shadow(module, path) for module, path in self.paths.items()}
        for module, nodes in self._questions():
            shadows[module].ask(node for node in nodes if is_exact(module, node))
        self._annotate(shadows)
        for shadow in shadows.values():
            path = self._folder / shadow.path
            path.parent.mkdir(parents=True, exist_ok=True)
            text = shadow.text
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8", newline="")
        found: dict[ast.expr, str] = {}
        asked = {shadow.path: shadow.asked_at for shadow in shadows.values()}
        self.output = run_mypy(self._folder, self._cache)
        for note in notes_in(self.output):
            node = asked.get(note.file, {}).get((note.line, note.column))
            if node is not None:
                # In a generic function it may say several things of one place.
                found[node] = note.type if found.get(node, note.type) == note.type else "Any"
        return found

    def _questions(self) -> Iterator[tuple[Module, list[ast.expr]]]:
        asked: dict[Module, dict[ast.expr, None]] = {}
        for call in self._calls:
            if isinstance(call.node.func, ast.Attribute) and _can_be_asked(call.node.func.value):
                asked.setdefault(call.scope.module, {})[call.node.func.value] = None
        for fixture in self._fixtures.all:
            nodes = asked.setdefault(fixture.function.module, {})
            nodes |= dict.fromkeys(node for node in fixture.given if _can_be_asked(node))
        for call, node in self._parameters.given():
            if _can_be_asked(node):
                asked.setdefault(call.scope.module, {})[node] = None
        for module, found in asked.items():
            yield module, list(found)

    def _learn(self, revealed: Mapping[ast.expr, str]) -> None:
        """Note what fixtures give, and what parameters are given."""
        self._parameters.learn(revealed)
        for fixture in self._fixtures.all:
            types = {revealed[node] for node in fixture.given if node in revealed}
            if len(types) == 1 and (types != {"Any"}):
                self._given[fixture] = types.pop()

    def _annotate(self, shadows: Mapping[Module, Shadow]) -> None:
        """Say of which type parameters are, as far as that is known by now."""
        known: dict[ast.arg, tuple[Module, str]] = {}
        for function, argument, fixture in self._fixtures.asked_for():
            known[argument] = function.module, self._given.get(fixture, "")
        for function, argument, of in self._parameters.of_model():
            known[argument] = function.module, self._classes.full_name(of)
        for function, argument, given in self._parameters.learned():
            known[argument] = function.module, given
        names: dict[str, str] = {}
        lines: list[str] = []
        for argument, (module, given) in known.items():
            if given not in names:
                name = f"T{len(names)}"
                alias = self._classes.alias(given, name)
                names[given] = name if alias else ""
                lines.append(alias)
            if names[given]:
                shadows[module].annotate(argument, names[given], _TYPES)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{_TYPES}.py").write_text("".join(lines), encoding="utf-8")

    def _edges_of(self, call: Call, revealed: Mapping[ast.expr, str]) -> Iterator[Edge]:
        func = call.node.func
        if not isinstance(func, ast.Attribute) or func.value not in revealed:
            return
        end = (call.node.end_lineno or 0, call.node.end_col_offset or 0)
        for name in classes_of(revealed[func.value]):
            called = self._classes.method(name, func.attr)
            if isinstance(called, Function):
                path = called.module.path
                self._parameters.called(called, call)
                yield Edge(call.scope.module.path, end, called.qualname, path, "types")
            elif called:
                yield Edge(call.scope.module.path, end, called, "", "types")


def _can_be_asked(node: ast.expr) -> bool:
    """Say whether an expression can be the argument of a call, and be asked for its type at all."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
        return False
    kinds = (
        ast.Yield | ast.YieldFrom | ast.Starred | ast.GeneratorExp | ast.Constant | ast.JoinedStr
    )
    return not isinstance(node, kinds)
