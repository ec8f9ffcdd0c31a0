"""The async form of a target: step by step over its text, each change graded, the rest told.

A step is a function in `steps/`. It is given a `Step`: the model of the target as the step before
left it, an `Editing` for each file, and `withhold` for what a person has to decide.
"""

from async_db.modernizing.changes import Change, FixGrade, Knowledge
from async_db.modernizing.checking import Check, check
from async_db.modernizing.editing import parsed
from async_db.modernizing.frameworks import threaded_framework
from async_db.modernizing.modernization import Modernization, modernize
from async_db.modernizing.oracle import ask_types
from async_db.modernizing.order import STEPS
from async_db.modernizing.reports import as_data, as_report
from async_db.modernizing.sources import Sources, read_sources
from async_db.modernizing.step import Options, Step, StepFunction
from async_db.modernizing.worktree import UncommittedError, refuse_uncommitted

__all__ = [
    "STEPS",
    "Change",
    "Check",
    "FixGrade",
    "Knowledge",
    "Modernization",
    "Options",
    "Sources",
    "Step",
    "StepFunction",
    "UncommittedError",
    "as_data",
    "as_report",
    "ask_types",
    "check",
    "modernize",
    "parsed",
    "read_sources",
    "refuse_uncommitted",
    "threaded_framework",
]
