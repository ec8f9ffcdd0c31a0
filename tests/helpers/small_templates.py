"""A small template tree, which `render.py` is tried on."""

from pathlib import Path

MANIFEST = """
[options.database]
type = "choice"
default = "postgresql"
allowed = ["postgresql", "sqlite", "both"]
help = "Which 100 % real one."

[options.package]
type = "package"
default = "app"
help = "Its name."

[options.model]
type = "model"
default = "Order"
help = "The class."

[options.log_level]
type = "choice"
default = "info"
allowed = ["info", "debug"]
help = "An option that the command has no word about."

[trees.base]

[trees.lite]
when = { database = ["sqlite", "both"] }

[layers.engine]
help = "The engine of it."
files = ["{{ package }}/__init__.py", "{{ package }}/engine.py"]

[layers.session]
help = "The session of it."
files = ["{{ package }}/session.py"]

[layers.lite]
help = "Only for SQLite."
files = ["{{ package }}/lite.py"]
"""
TEMPLATES = {
    "base/{{ package }}/__init__.py": "",
    "base/{{ package }}/engine.py": "LEVEL = '{{ log_level }}'\n",
    "base/{{ package }}/session.py": (
        "from {{ package }}.engine import LEVEL\n\n{{ entities }} = LEVEL\n"
    ),
    "lite/{{ package }}/lite.py": "X = 1\n",
}
ENGINE = 'LEVEL = "info"\n'


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if not path.is_dir()
    }
