"""What must not be written into a project: a module that hides another, a second table of a name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import PurePosixPath


def hidden_modules(
    paths: Collection[PurePosixPath],
    is_file: Callable[[PurePosixPath], bool],
    has_modules: Callable[[PurePosixPath], bool],
) -> list[str]:
    """Say which modules would be hidden, or would hide what is written, and what to do about it.

    Of `app/database.py` and `app/database/` Python imports one, and never says so.

    Parameters:
        paths: of the files that would be written.
        is_file: whether the project has a file of a path.
        has_modules: whether the project has a folder of a path with modules in it.
    """
    found = []
    for path in sorted(paths):
        if path.suffix != ".py":
            continue
        if path.name != "__init__.py" and has_modules(folder := path.with_suffix("")):
            found.append(f"{path} would stand beside the package {folder}/, which hides it")
        for folder in path.parents:
            module = folder.with_name(f"{folder.name}.py") if folder.name else None
            if module is not None and module not in paths and is_file(module):
                found.append(f"{folder}/ would hide {module}, which is imported by that name")
    return list(dict.fromkeys(found))


def second_tables(tree: Mapping[PurePosixPath, str], tables: Mapping[str, str]) -> list[str]:
    """Say which tables would be defined a second time.

    Parameters:
        tree: what would be written.
        tables: those of the project, and where each is defined, as `app/models.py:7`.
    """
    found = []
    for path, text in sorted(tree.items()):
        for table in _tables_in(text) if path.suffix == ".py" else ():
            where = tables.get(table)
            if where is not None and where.rpartition(":")[0] != str(path):
                found.append(f"{path} would define the table {table!r}, as {where} does")
    return found


def _tables_in(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Assign(
                targets=[ast.Name(id="__tablename__")], value=ast.Constant(value=str(table))
            ):
                yield table
