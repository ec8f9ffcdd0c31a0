"""Small folders of templates to test with, and what their manifests are put together from."""

from collections.abc import Mapping
from pathlib import Path


def option(name: str, kind: str, default: str, *allowed: str, help: str = "Which.") -> str:
    """Give the part of a manifest about one option."""
    values = ", ".join(f'"{value}"' for value in allowed)
    return (
        f'[options.{name}]\ntype = "{kind}"\ndefault = "{default}"\n'
        + (f"allowed = [{values}]\n" if allowed else "")
        + f'help = "{help}"\n\n'
    )


def choice(name: str, *allowed: str, help: str = "Which.") -> str:
    """Give the part about an option of which one value is chosen; the first is the default."""
    return option(name, "choice", allowed[0], *allowed, help=help)


def features(*allowed: str) -> str:
    """Give the part about the option by which any features are chosen."""
    return option("with", "set", "", *allowed, help="What else.")


DATABASE = choice("database", "postgresql", "sqlite", "both")
NAMES = option("package", "package", "app", help="Name.") + option(
    "model", "model", "Order", help="Class."
)
OPTIONS = DATABASE + features("search", "export", "import") + NAMES + option("plural", "plural", "")
BASE = "[trees.base]\n\n"


def layer(name: str, *files: str, help: str = "") -> str:
    """Give the part of a manifest about one layer."""
    return f"[layers.{name}]\nhelp = {help!r}\nfiles = {list(files)!r}\n\n"


def write_pack(folder: Path, files: Mapping[str, str], manifest: str) -> Path:
    """Write templates, by their paths with the tree and without `.jinja`, and a manifest."""
    for name, text in files.items():
        path = folder / f"{name}.jinja"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "manifest.toml").write_text(manifest)
    return folder


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
    paths = dict.fromkeys(name.partition("/")[2] for name in files)
    layers = (layer(f"layer-{number}", path) for number, path in enumerate(paths))
    return write_pack(folder, files, options + trees + "".join(layers))
