"""Templates and options in, a project or a layer of one out."""

from async_db.scaffold.agents_md import LAYER as AGENTS_LAYER
from async_db.scaffold.atomic_writing import (
    FilePlan,
    Plan,
    WriteError,
    plan_writing,
    unified_diff,
    write,
)
from async_db.scaffold.fitting import Fitted, fit_layers
from async_db.scaffold.hand_work import HandWork, hand_work
from async_db.scaffold.houses import Assumption, Given, House, read_house
from async_db.scaffold.into import LayersInto, house_at, layers_into
from async_db.scaffold.job import Job, Wish, prepare
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
from async_db.scaffold.reports import as_json, as_text, left_to_do, refused_as_json, told
from async_db.scaffold.shown_diffs import shown_diffs
from async_db.scaffold.sqlmodels_words import in_sqlmodels_words

__all__ = [
    "AGENTS_LAYER",
    "Assumption",
    "FilePlan",
    "Fitted",
    "Given",
    "HandWork",
    "House",
    "Job",
    "Layer",
    "LayersInto",
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
    "Wish",
    "WriteError",
    "as_json",
    "as_text",
    "check_options",
    "fit_layers",
    "hand_work",
    "house_at",
    "in_sqlmodels_words",
    "layer_paths",
    "layers_into",
    "left_to_do",
    "missing_imports",
    "plan_writing",
    "prepare",
    "read_house",
    "read_manifest",
    "refused_as_json",
    "render_project",
    "render_tree",
    "requirements_of",
    "shown_diffs",
    "told",
    "unified_diff",
    "write",
]
