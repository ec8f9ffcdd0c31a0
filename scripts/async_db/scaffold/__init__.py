"""Templates and options in, a project or a layer of one out."""

from async_db.scaffold.atomic_writing import (
    FilePlan,
    Plan,
    WriteError,
    plan_writing,
    unified_diff,
    write,
)
from async_db.scaffold.layer_needs import MissingImport, missing_imports, requirements_of
from async_db.scaffold.manifest import (
    Layer,
    Manifest,
    ManifestError,
    TemplateTree,
    read_manifest,
)
from async_db.scaffold.options import Option, OptionError, Options, check_options
from async_db.scaffold.rendering import (
    TemplateError,
    Tree,
    layer_paths,
    render_project,
    render_tree,
)

__all__ = [
    "FilePlan",
    "Layer",
    "Manifest",
    "ManifestError",
    "MissingImport",
    "Option",
    "OptionError",
    "Options",
    "Plan",
    "TemplateError",
    "TemplateTree",
    "Tree",
    "WriteError",
    "check_options",
    "layer_paths",
    "missing_imports",
    "plan_writing",
    "read_manifest",
    "render_project",
    "render_tree",
    "requirements_of",
    "unified_diff",
    "write",
]
