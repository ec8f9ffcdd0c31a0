"""A small template tree, which `render.py` is tried on."""

from pathlib import Path

MANIFEST = """
reserved_models = ["Base"]

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
    "__init__.py": "",
    "engine.py": "LEVEL = '{{ log_level }}'\n",
    "session.py": "from {{ package }}.engine import LEVEL\n\n{{ entities }} = LEVEL\n",
    "lite.py": "{% if sqlite %}\nX = 1\n{% endif %}\n",
}
ENGINE = 'LEVEL = "info"\n'


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if not path.is_dir()
    }
