"""A small template tree, which `render.py` is tried on."""

from pathlib import Path

from helpers.templates import BASE, NAMES, choice, layer

MANIFEST = (
    choice("database", "postgresql", "sqlite", "both", help="Which 100 % real one.")
    + NAMES
    + choice("log_level", "info", "debug", help="An option that the command has no word about.")
    + BASE
    + """
[trees.lite]
when = { database = ["sqlite", "both"] }

"""
    + layer(
        "engine", "{{ package }}/__init__.py", "{{ package }}/engine.py", help="The engine of it."
    )
    + layer("session", "{{ package }}/session.py", help="The session of it.")
    + layer("lite", "{{ package }}/lite.py", help="Only for SQLite.")
)
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
