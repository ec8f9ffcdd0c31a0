"""One step of the move over a whole project: it looks at the model, and notes edits and changes."""

from __future__ import annotations

import ast
import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from async_db.auditing import UNRESOLVED, Service
from async_db.modernizing.changes import Change, FixGrade, Knowledge
from async_db.modernizing.definitions import defined
from async_db.modernizing.editing import Editing, Replacement
from async_db.modernizing.generated import WHY, is_generated
from async_db.modernizing.imports import edit_imports, needed_of
from async_db.modernizing.sources import Sources
from async_db.records import Edge, RecordedLoad
from async_db.target import Module, Project


@dataclass(frozen=True)
class Options:
    """What was asked for.

    Parameters:
        unsafe: whether changes that a doubt stands behind are made too.
        slices: the files and folders to move, relative to the project; all of it if none is given.
        typed_mappings: whether `Column` models become typed ones.
        edges: what calls run, as far as a record or a type checker knows it.
        loads: what reading has loaded, by the record.
    """

    unsafe: bool = False
    slices: tuple[str, ...] = ()
    typed_mappings: bool = False
    edges: tuple[Edge, ...] = ()
    loads: tuple[RecordedLoad, ...] = ()


@dataclass
class _FileImports:
    """The imports that a file gains, and the names that it may lose."""

    added: dict[tuple[str, str], None] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)


class Step:
    """What one step sees and does.

    Parameters:
        sources: the files as the step before left them.
        options: what was asked for.
        before: the files as the first step found them.
        world: what the step before said may be changed.
    """

    def __init__(
        self,
        sources: Sources,
        options: Options,
        before: Sources | None = None,
        world: frozenset[tuple[str, str]] | None = None,
    ) -> None:
        self.sources = sources
        self.before = before or sources
        self.world = world
        """The definitions that may be changed, by path and name; all, if a slice was not asked for."""
        self._given = world
        self.options = options
        self.changes: list[Change] = []
        self.new: dict[str, str] = {}
        """Texts of files that are not there, or, beside Python, are written anew."""
        self._editing: dict[Module, Editing] = {}
        self._imports: dict[Module, _FileImports] = {}

    @cached_property
    def project(self) -> Project:
        return self.sources.project()

    @cached_property
    def service(self) -> Service:
        return Service(self.project)

    @cached_property
    def async_before(self) -> frozenset[tuple[str, str]]:
        """The functions that were async before the move, by path and qualified name."""
        return frozenset(
            (each.module.path, each.qualname)
            for each in self.before.project().functions
            if each.is_async
        )

    @cached_property
    def moves(self) -> bool:
        """Whether anything is async by now that was not before: else nothing around it changes."""
        return any(
            each.is_async and (each.module.path, each.qualname) not in self.async_before
            for each in self.project.functions
        )

    def editing(self, module: Module) -> Editing:
        """Give the edits of a module's file, to add to."""
        if module not in self._editing:
            if module.tree is None:
                raise ValueError(f"{module.path} has no tree")
            self._editing[module] = Editing(module.text, module.tree)
        return self._editing[module]

    def add_import(self, module: Module, source: str, name: str) -> None:
        """Have a module import a name: `from source import name`; `import source` without one."""
        self._imports_of(module).added[(source, name)] = None

    def drop_import(self, module: Module, name: str) -> None:
        """Have a module no longer import a name, if nothing in it uses it after this step."""
        self._imports_of(module).dropped.add(name)

    def import_name(self, module: Module) -> str:
        """Give the name that a module of the target is imported by, as others of it write it."""
        return self._import_names.get(module, module.name)

    @cached_property
    def _import_names(self) -> dict[Module, str]:
        written: dict[Module, Counter[str]] = {}
        starts: Counter[tuple[str, str]] = Counter()
        for importer in self.project.modules:
            for binding in importer.imports:
                target = binding.target if binding.kind == "from" else binding.name
                found = self.project.index.find(target, importer)
                if found is not None and not target.startswith("."):
                    written.setdefault(found, Counter())[target] += 1
                    starts[found.name.removesuffix(target), target.partition(".")[0]] += 1
        names = {module: counts.most_common(1)[0][0] for module, counts in written.items()}
        for module in self.project.modules:
            if module not in names:
                names[module] = _alike(module.name, starts)
        return names

    def _imports_of(self, module: Module) -> _FileImports:
        return self._imports.setdefault(module, _FileImports())

    def changed(
        self,
        module: Module,
        node: ast.AST,
        kind: str,
        *,
        rule: str = "migrating/no-sync-left",
        grade: FixGrade = "safe",
        reason: str = "",
        knowledge: Knowledge = "model",
    ) -> None:
        """Note a change; its edits are the caller's."""
        line = getattr(node, "lineno", 1)
        code = module.source(node)
        self.changes.append(Change(module.path, line, kind, grade, rule, reason, knowledge, code))

    def withhold(self, module: Module, node: ast.AST, rule: str, reason: str) -> None:
        """Leave something to a person: said in a comment above it, which the audit will find."""
        text = f"{UNRESOLVED}[{rule}] {reason}"
        if text in module.text and _stands_above(module, node, text):
            return
        if not is_generated(module.path, module.text):
            self.editing(module).comment(node, text)
        self.changed(module, node, "left", rule=rule, grade="withheld", reason=reason)

    def doubtful(self, module: Module, node: ast.AST, kind: str, rule: str, doubt: str) -> bool:
        """Say whether a change that is not sure may be made, and note it; else it is left."""
        if self.options.unsafe:
            self.changed(module, node, kind, rule=rule, grade="unsafe", reason=doubt)
            return True
        self.withhold(module, node, rule, f"{kind}: {doubt} (--unsafe does it)")
        return False

    def everywhere(self) -> None:
        """Have what this step notes be done outside of a slice too: an application has one lifespan."""
        self._given = None

    def may_change(self, module: Module, node: ast.AST) -> bool:
        """Say whether something is part of what may be changed."""
        line = getattr(node, "lineno", 0)
        return self.world is None or any(line in each for each in _ranges(module, self.world))

    def result(self) -> Sources:
        """Give the files after this step; what it noted outside of a slice is not done."""
        self._leave_generated()
        lines = {
            module.path: list(_ranges(module, self._given or frozenset()))
            for module in self._editing
        }
        edits = {
            module.path: self._within(editing, lines[module.path])
            for module, editing in self._editing.items()
        }
        if self._given is not None:
            self.changes = [
                change
                for change in self.changes
                if any(change.line in inside for inside in lines.get(change.path, ()))
            ]
        edits = {path: each for path, each in edits.items() if each}
        after = self.sources.after(edits, self.new)
        wanted: dict[str, tuple[Replacement, ...]] = {}
        for module, each in self._imports.items():
            text = after.texts[module.path]
            added = each.added if self._given is None else needed_of(text, each.added)
            wanted[module.path] = edit_imports(text, added, each.dropped)
        return after.after({path: edits for path, edits in wanted.items() if edits}, {})

    def _leave_generated(self) -> None:
        """Drop what was noted of files that a program writes, and say so of each."""
        for module in sorted({*self._editing, *self._imports}, key=lambda each: each.path):
            if is_generated(module.path, module.text):
                self._editing.pop(module, None)
                self._imports.pop(module, None)
                changes = [each for each in self.changes if each.path == module.path]
                left = [each for each in changes if each.grade == "withheld"]
                if len(left) < len(changes):
                    rule = "migrating/no-sync-left"
                    left.append(Change(module.path, 1, "left", "withheld", rule, WHY))
                others = [each for each in self.changes if each.path != module.path]
                self.changes = [*others, *left]

    def _within(self, editing: Editing, lines: list[range]) -> tuple[Replacement, ...]:
        """Give the edits of a file that are within a slice, and the new functions that those call."""
        if self._given is None:
            return tuple(editing.replacements)
        line_of = editing.places.line_of
        inside = [
            each
            for each in editing.replacements
            if any(line_of(each.start) in those for those in lines)
        ]
        written = " ".join(each.text for each in inside)
        return tuple(
            each
            for each in editing.replacements
            if each in inside or any(f"{name}(" in written for name in _defined_by(each))
        )


def _defined_by(replacement: Replacement) -> Iterator[str]:
    """Give the functions that are put between others."""
    if replacement.start == replacement.end and replacement.text.lstrip().startswith("def "):
        with contextlib.suppress(SyntaxError):
            body = ast.parse(replacement.text.strip("\n")).body
            yield from (each.name for each in body if isinstance(each, ast.FunctionDef))


def _alike(name: str, starts: Counter[tuple[str, str]]) -> str:
    """Name a module that nobody imports as others are that lie in the same folder."""
    for (before, top), _ in starts.most_common():
        rest = name.removeprefix(before)
        if name.startswith(before) and rest.partition(".")[0] == top:
            return rest
    return name


def _ranges(module: Module, world: frozenset[tuple[str, str]]) -> Iterator[range]:
    """Give the lines of the definitions of a module that may be changed, decorators included."""
    for each in defined(module):
        if (module.path, each.name) in world:
            node = each.node
            decorators = getattr(node, "decorator_list", ())
            first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            yield range(first, (node.end_lineno or node.lineno) + 1)


StepFunction = Callable[[Step], None]


def _stands_above(module: Module, node: ast.AST, text: str) -> bool:
    line = getattr(node, "lineno", 1)
    return any(text in each for each in module.lines[max(0, line - 8) : line])
