"""Adding and taking out imports, each where the file has its own."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Iterator

from async_db.modernizing.editing import Editing, Replacement, parsed
from async_db.target import libraries

_TESTED = (ast.If, ast.Try)


def edit_imports(
    text: str, added: Iterable[tuple[str, str]], dropped: Collection[str]
) -> tuple[Replacement, ...]:
    """Give the edits that make a file import what it needs.

    Parameters:
        text: the file's.
        added: what to import: the module and the name, which is empty for `import module`.
        dropped: names that it need not import, where nothing uses them.
    """
    tree = parsed(text)
    editing = Editing(text, tree)
    used = set(_used_names(tree))
    wanted: dict[str, dict[str, None]] = {}
    whole: dict[str, None] = {}
    for module, name in added:
        if not _imports(tree, module, name):
            if name:
                wanted.setdefault(module, {})[name] = None
            else:
                whole[module] = None
    unused = {name for name in dropped if name not in used}
    emptied = _emptied(tree, unused)
    for block in emptied:
        editing.delete_statement(block)
    if emptied and all(
        any(node is each.test for each in emptied) for node in _named(tree, "TYPE_CHECKING")
    ):
        unused.add("TYPE_CHECKING")
    gone = {child for block in emptied for child in block.body}
    placeholders = {
        block[-1]
        for node in ast.walk(tree)
        if not isinstance(node, ast.Module)
        for block in (getattr(node, "body", None), getattr(node, "orelse", None))
        if isinstance(block, list) and block and all(_is_unused(each, unused) for each in block)
    }
    for node in _import_statements(tree):
        if node in gone:
            continue
        if node in placeholders:
            editing.replace(node, "pass")
            continue
        gained: dict[str, None] = {}
        if isinstance(node, ast.ImportFrom) and node in tree.body:
            gained = wanted.pop(_module(node), {})
        lost = [each for each in node.names if (each.asname or each.name) in unused]
        lost = [each for each in lost if each.name not in gained]
        _edit(editing, node, list(gained), lost)
    lines = [(module, f"import {module}") for module in sorted(whole)]
    for module, names in sorted(wanted.items()):
        listed = ", ".join(sorted(names, key=_by_kind))
        lines.append((module, f"from {module} import {listed}"))
    first = [line for module, line in lines if not _insert_line(editing, module, line)]
    if first:
        _insert_first(editing, first)
    return tuple(editing.replacements)


def _emptied(tree: ast.Module, unused: Collection[str]) -> list[ast.If]:
    """Give the blocks `if TYPE_CHECKING:` at the top level of which nothing would be left."""
    return [
        node
        for node in tree.body
        if isinstance(node, ast.If)
        and not node.orelse
        and getattr(node.test, "id", getattr(node.test, "attr", "")) == "TYPE_CHECKING"
        and all(_is_unused(each, unused) for each in node.body)
    ]


def _is_unused(node: ast.AST, unused: Collection[str]) -> bool:
    """Say whether a statement only imports what nothing uses."""
    return isinstance(node, ast.Import | ast.ImportFrom) and all(
        (name.asname or name.name) in unused for name in node.names
    )


def _named(tree: ast.Module, name: str) -> Iterator[ast.Name]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name:
            yield node


def _insert_first(editing: Editing, lines: list[str]) -> None:
    """Write the first imports of the standard library above all others."""
    own = _own_imports(editing)
    text = "".join(f"{line}\n" for line in lines)
    editing.insert(editing.places.start_of_line(own[0].lineno), f"{text}\n")


def _own_imports(editing: Editing) -> list[ast.Import | ast.ImportFrom]:
    """Give the imports at the top level that name modules in full."""
    found = [each for each in editing.tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
    return [
        each for each in found if not getattr(each, "level", 0) and _module(each) != "__future__"
    ]


def _insert_line(editing: Editing, module: str, line: str) -> bool:
    """Write an import among its like, by the alphabet; say whether it is written.

    It is not, if it is to open a group above all others.
    """
    text = editing.places.text
    own = _own_imports(editing)
    kind = _kind(module, module)
    like = [each for each in own if _kind(_module(each), module) == kind]
    if not like and libraries.is_library(module):
        known = [each for each in own if libraries.is_library(_module(each))]
        like = [each for each in known if _kind(_module(each), module) != "standard library"]
        like = [] if kind == "standard library" else like
    later = [each for each in like if _sorted(each) > (line.startswith("from "), module)]
    if later:
        editing.insert(editing.places.start_of_line(later[0].lineno), f"{line}\n")
    elif like:
        _insert_behind(editing, like[-1], line)
    elif own and kind == "standard library":
        return False
    else:
        place = _behind_imports(editing)
        before = "\n" if place and text[place - 1] not in "\r\n" else ""
        editing.insert(place, f"{before}{line}\n")
    return True


def _insert_behind(editing: Editing, node: ast.stmt, line: str) -> None:
    place = editing.places.next_line(editing.places.span(node)[1])
    text = editing.places.text
    before = "\n" if place and text[place - 1] not in "\r\n" else ""
    editing.insert(place, f"{before}{line}\n")


def _module(node: ast.Import | ast.ImportFrom) -> str:
    if isinstance(node, ast.Import):
        return node.names[0].name
    return "." * node.level + (node.module or "")


def _sorted(node: ast.Import | ast.ImportFrom) -> tuple[bool, str]:
    return isinstance(node, ast.ImportFrom), _module(node)


def _kind(module: str, of: str) -> str:
    """Say what a module is beside another one: of the standard library, of its package, or else."""
    top = module.partition(".")[0]
    if not top:
        return "relative"
    if top in sys.stdlib_module_names:
        return "standard library"
    return "own" if top == of.partition(".")[0] else "other"


def needed_of(text: str, added: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give the imports that a file uses, of some that were asked for."""
    used = set(_used_names(parsed(text)))
    return [(module, name) for module, name in added if (name or module.partition(".")[0]) in used]


def _edit(
    editing: Editing, node: ast.Import | ast.ImportFrom, gained: list[str], lost: list[ast.alias]
) -> None:
    kept = [each for each in node.names if each not in lost]
    if not kept and not gained:
        if lost:
            editing.delete_statement(node)
        return
    if lost and isinstance(node, ast.Import | ast.ImportFrom):
        names = sorted([*(_written(each) for each in kept), *gained], key=_by_kind)
        head = (
            f"from {'.' * node.level}{node.module or ''} "
            if isinstance(node, ast.ImportFrom)
            else ""
        )
        _rewrite(editing, node, head, names)
    elif gained and isinstance(node, ast.ImportFrom):
        _insert_names(editing, node, gained)


def _written(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _by_kind(name: str) -> tuple[int, str]:
    """Order names as isort does: constants, then classes, then the rest."""
    first = name.partition(" ")[0]
    kind = 0 if first.isupper() and len(first) > 1 else 1 if first[:1].isupper() else 2
    return kind, name.lower()


def _rewrite(editing: Editing, node: ast.stmt, head: str, names: list[str]) -> None:
    """Write an import anew, over several lines where it was, or where one would be too long."""
    line = f"{head}import {', '.join(names)}"
    indentation = " " * node.col_offset
    if head and (len(indentation) + len(line) > 88 or "\n" in editing.source(node)):
        inner = "".join(f"{indentation}    {name},\n" for name in names)
        line = f"{head}import (\n{inner}{indentation})"
    editing.replace(node, line)


def _insert_names(editing: Editing, node: ast.ImportFrom, gained: list[str]) -> None:
    """Add names to an import where they belong by the alphabet; its comments stay."""
    names = [_written(each) for each in node.names]
    if "\n" not in editing.source(node):
        _rewrite(editing, node, f"from {_module(node)} ", sorted([*names, *gained], key=_by_kind))
        return
    for name in gained:
        later = [each for each in node.names if _written(each).lower() > name.lower()]
        if later:
            start, _ = editing.places.span(later[0])
            own_line = later[0].lineno != node.lineno
            gap = "\n" + " " * later[0].col_offset if own_line else " "
            editing.insert(start, f"{name},{gap}")
        else:
            _append_name(editing, node, name)


def _append_name(editing: Editing, node: ast.ImportFrom, name: str) -> None:
    """Add a name behind the last one; a comment beside that stays beside it."""
    last = node.names[-1]
    end = editing.places.span(last)[1]
    behind = editing.places.next_line(end)
    if editing.places.text[end:behind].lstrip().startswith(",") and last.lineno != node.lineno:
        editing.insert(behind, f"{' ' * last.col_offset}{name},\n")
    else:
        editing.insert(end, f", {name}")


def _import_statements(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def _imports(tree: ast.Module, module: str, name: str) -> bool:
    """Say whether a file imports a name already, for all that is in it."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and name:
            if _module(node) == module and any(
                each.name == name and not each.asname for each in node.names
            ):
                return True
        elif isinstance(node, ast.Import) and not name:
            plain = [each.name for each in node.names if not each.asname]
            if module in plain:
                return True
    return False


def _used_names(tree: ast.Module) -> Iterator[str]:
    """Give the names that a file uses, in annotations that are strings and in `__all__` too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _in_string(node.value)


def _in_string(text: str) -> Iterator[str]:
    if text.isidentifier():
        yield text
    elif len(text) < 200 and "\n" not in text and any(each in text for each in "[|."):
        try:
            parsed = ast.parse(text, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        for node in ast.walk(parsed):
            if isinstance(node, ast.Name):
                yield node.id


def _behind_imports(editing: Editing) -> int:
    """Give where an import is added: behind the last one at the top, else behind the docstring."""
    last: ast.stmt | None = None
    for number, node in enumerate(editing.tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom) or (number == 0 and _is_text(node)):
            last = node
        elif not isinstance(node, _TESTED):
            break
    if last is None:
        first = editing.tree.body[0] if editing.tree.body else None
        return editing.places.start_of_line(first.lineno) if first is not None else 0
    return editing.places.next_line(editing.places.span(last)[1])


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
