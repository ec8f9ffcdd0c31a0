"""What is read of a user's project: one model of it, which never imports or runs it.

The thing to read first for whoever judges or changes other people's code. `read_project` gives a
`Project`, and everything else hangs on it:

1. `files.py` and `layout.py`: which files there are, why some are not read, and the names that
   imports call them by. `releases.py`: the libraries' releases.
2. `structure.py`, `parsing.py` and `reading.py`: a file in one pass over its tree: its scopes
   (module, class, function), the bindings of each name, the calls with what is done with their
   results.
3. `inference.py`: `project.types.of(expression, scope)` says what something is (`types.py`). It
   answers None rather than guess, so what it says can be relied on. Answers are found when somebody
   asks, and kept; how, is in `names.py`, `expressions.py`, `classes.py`, `functions.py` and
   `annotations.py`, with what `libraries.py` knows of SQLAlchemy and FastAPI.
4. `calls.py`: `project.calls.callees(call)` and `callers(function)`, with ports and overrides.
5. `web.py`: `project.web.routes`, and what each depends on.

All of it is standard library only, and pure once the files are read.
"""

from async_db.target import libraries
from async_db.target.calls import Callee, Calls, argument
from async_db.target.files import MAX_BYTES, SkippedFile, SourceFile, decoded, read_files
from async_db.target.inference import Types
from async_db.target.layout import ModuleIndex, import_names
from async_db.target.parsing import NotUnderstood, strings_in, with_parentheses
from async_db.target.project import Project, TargetError, parse, read_project, without_collecting
from async_db.target.reading import read_module
from async_db.target.releases import Release, read_releases
from async_db.target.structure import (
    Binding,
    Call,
    Class,
    Function,
    Module,
    Read,
    Scope,
    enclosing_function,
    first_line,
    scopes_outwards,
)
from async_db.target.types import (
    Awaitable,
    ClassObject,
    FunctionObject,
    Instance,
    Iteration,
    LibraryObject,
    Manager,
    ModuleObject,
    Returning,
    Type,
    joined,
)
from async_db.target.web import Dependency, Route, Web

__all__ = [
    "MAX_BYTES",
    "Awaitable",
    "Binding",
    "Call",
    "Callee",
    "Calls",
    "Class",
    "ClassObject",
    "Dependency",
    "Function",
    "FunctionObject",
    "Instance",
    "Iteration",
    "LibraryObject",
    "Manager",
    "Module",
    "ModuleIndex",
    "ModuleObject",
    "NotUnderstood",
    "Project",
    "Read",
    "Release",
    "Returning",
    "Route",
    "Scope",
    "SkippedFile",
    "SourceFile",
    "TargetError",
    "Type",
    "Types",
    "Web",
    "argument",
    "decoded",
    "enclosing_function",
    "first_line",
    "import_names",
    "joined",
    "libraries",
    "parse",
    "read_files",
    "read_module",
    "read_project",
    "read_releases",
    "scopes_outwards",
    "strings_in",
    "with_parentheses",
    "without_collecting",
]
