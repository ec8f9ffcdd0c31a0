"""Watching a target: what is asked for, what is told of what was seen, and whether the run fails.

It is the same of its tests and of its running app. It runs in the environment of the target, so it
loads nothing else before it is known whether there is what `watching` needs; `plugin` loads pytest,
which only the target's tests have.
"""

from .options import Options, add_options
from .report import Report
from .seen import Seen
from .verdict import BLIND, FOUND, Verdict, judge

__all__ = ["BLIND", "FOUND", "Options", "Report", "Seen", "Verdict", "add_options", "judge"]
