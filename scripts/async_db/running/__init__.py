"""Watching a running app: what each of its processes notes, and what a command tells of all notes.

Each process of the app notes what it sees in a folder, at once, so that its end takes nothing away;
whoever asks reads the folder. `hook` and `middleware` run in the app's processes, and load nothing
but this before the app has loaded SQLAlchemy; `command` runs where there may be no SQLAlchemy.
"""

from .arguments import call

__all__ = ["call"]
