"""Small projects that the tests of `target` and of the audit read."""

import ast
import textwrap
from pathlib import Path

from async_db.target import Class, Function, Instance, Project, Type, read_project


def project(folder: Path, **files: str) -> Project:
    """Write files and read them: `project(tmp_path, app__main="…")` has `app/main.py`."""
    for name, text in files.items():
        stem = name.removesuffix("____init__")
        place = stem.replace("__", "/") + ("/__init__" if stem != name else "")
        path = folder / f"{place}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return read_project(folder)


def function(target: Project, name: str) -> Function:
    """Give the function of a qualified name, wherever it is."""
    (found,) = [each for each in target.functions if each.qualname == name]
    return found


def type_of(target: Project, text: str, inside: str) -> Type | None:
    """Give what an expression would be at the end of a function."""
    scope = function(target, inside)
    return target.types.of(ast.parse(text, mode="eval").body, scope)


def told(of: Type | None) -> str:
    """Tell a type in a word: the name of the class that something is of."""
    if isinstance(of, Instance):
        return of.of.qualname if isinstance(of.of, Class) else of.of
    return type(of).__name__ if of is not None else "unknown"
