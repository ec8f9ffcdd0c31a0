"""Watching a target's tests: what is asked for, what is told of it, and whether the run fails.

It runs in the environment of the target, in its pytest. So it loads pytest and nothing else before
it is known whether there is what `watching` needs.
"""

from .options import add_options
from .plugin import Plugin

__all__ = ["Plugin", "add_options"]
