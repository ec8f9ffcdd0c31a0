"""Where a new model, and what it brings of routes and tests, comes to in a house."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from async_db.scaffold.houses import Assumption, House
from async_db.scaffold.naming import Names
from async_db.scaffold.options import OptionError

LAYERS = frozenset({"models", "routes", "tests", "reporting"})
"""The layers that are about a model."""
_INTEGER = "id: int"


@dataclass(frozen=True)
class Feature:
    """The places of a new model.

    Parameters:
        package: the import name of the package for schemas, repository and routes.
        model: that of the module for the class itself.
        assumed: what was taken for granted of them.
    """

    package: str
    model: str
    assumed: tuple[Assumption, ...] = ()


def feature_of(house: House, names: Names) -> Feature:
    """Say where a model of these names comes to.

    Parameters:
        house: what is known of the project.
        names: those that follow from the model's.
    """
    assumed = []
    package = house.feature
    if not package:
        package = f"{house.package}.{names.entities}".strip(".")
        assumed.append(Assumption("--feature", package, f"{names.model} brings it"))
    model = house.model_module
    if not model and house.model_packages:
        model = f"{house.model_packages[0]}.{names.entity}"
        why = f"{house.model_packages[0]} has a module for each model"
        assumed.append(Assumption("--model-module", model, why))
    elif not model:
        model = f"{package}.models"
        assumed.append(Assumption("--model-module", model, "models have no package of their own"))
    return Feature(package, model, tuple(assumed))


def check_feature(house: House, names: Names, layers: Collection[str], own: str) -> None:
    """See that a new model goes into a house, if one is wanted.

    Parameters:
        house: what is known of the project.
        names: those that follow from the model's.
        layers: what is wanted.
        own: the path of the module that defines the model, which may be there from before.

    Raises:
        OptionError: it does not go, with the way out.
    """
    if not LAYERS & set(layers):
        return
    base = house.base
    if base is not None and base.is_dataclass:
        raise OptionError(
            f"{base.symbol} makes dataclasses of models, whose fields with defaults come last: "
            "--base new brings a base for this one"
        )
    if base is not None and base.key not in ("", _INTEGER):
        raise OptionError(
            f"models have the key {base.key!r} of {base.symbol}, and the routes count on {_INTEGER}: "
            "--base new brings a base for this one"
        )
    for name in (names.model, f"{names.model}Item", f"{names.model}Confirmation"):
        where = house.classes.get(name, "")
        if where and where.rpartition(":")[0] != own:
            raise OptionError(f"there is a model {name} in {where}: choose another --model")
