"""Small folders of templates to test with."""

from collections.abc import Mapping
from pathlib import Path

OPTIONS = """
[options.database]
type = "choice"
default = "postgresql"
allowed = ["postgresql", "sqlite", "both"]
help = "Which."

[options.with]
type = "set"
default = ""
allowed = ["search", "export", "import"]
help = "What else."

[options.package]
type = "package"
default = "app"
help = "Name."

[options.model]
type = "model"
default = "Order"
help = "Class."

[options.plural]
type = "plural"
default = ""
help = "Several."
"""
BASE = "\n[trees.base]\n"


def write_templates(
    folder: Path, files: Mapping[str, str], options: str = OPTIONS, trees: str = BASE
) -> Path:
    """Write templates with a manifest in which each path is a layer of its own, as `layer-0`.

    Parameters:
        folder: where they are put.
        files: the text of each template by its path, the tree included, without `.jinja`.
        options: the part of the manifest about options.
        trees: the part about trees.
    """
    for name, text in files.items():
        path = folder / f"{name}.jinja"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    paths = dict.fromkeys(name.partition("/")[2] for name in files)
    layers = "".join(
        f"[layers.layer-{number}]\nhelp = ''\nfiles = [{path!r}]\n"
        for number, path in enumerate(paths)
    )
    (folder / "manifest.toml").write_text(options + trees + layers)
    return folder
