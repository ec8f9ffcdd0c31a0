"""The options of the scaffold, and which values no project can be rendered with."""

import keyword
import re
import reprlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import packages_distributions
from typing import Literal

from async_db.scaffold.naming import PLACEHOLDERS, Names, names_of, snake_case

Kind = Literal["choice", "set", "package", "model", "plural"]

# Tables and constraints are named after the model with something added: PostgreSQL keeps 63.
LONGEST_NAME = 40


class OptionError(Exception):
    """An option has a value that no project can be rendered with."""


@dataclass(frozen=True)
class Option:
    """One thing that can be chosen when rendering; `allowed` is empty unless it is a choice or set."""

    name: str
    kind: Kind
    default: str
    help: str
    allowed: tuple[str, ...] = ()
    needs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """For a value that does not go with all others: what further options have to be."""


@dataclass(frozen=True)
class Options:
    """One good value for every option of a manifest."""

    values: Mapping[str, str]

    @property
    def package(self) -> str:
        """The name of the rendered package."""
        return self.values["package"]

    @property
    def names(self) -> Names:
        """All that the project is named by."""
        values = self.values
        return names_of(values["package"], values["model"], values.get("plural", ""))

    @property
    def of_sqlmodel(self) -> bool:
        """Whether the models are SQLModel's, and so the session."""
        return self.values.get("models") == "sqlmodel"

    def has(self, name: str, value: str) -> bool:
        """Say whether an option has a value, alone or among others."""
        return value in self.values[name].split(",")

    def context(self, names: Names = PLACEHOLDERS) -> dict[str, object]:
        """Give what templates can name besides what trees contribute: options, and what follows."""
        scoped = self.values.get("fastapi") != "0.106"
        chosen = {name: value for name, value in self.values.items() if name != "with"}
        return {
            **chosen,
            **names.context(),
            "postgresql": self.values["database"] in ("postgresql", "both"),
            "sqlite": self.values["database"] in ("sqlite", "both"),
            "function_scope": ', scope="function"' if scoped else "",
            "is_named_as_a_test": self.values["model"].startswith("Test"),
        }


def check_options(options: Mapping[str, Option], given: Mapping[str, str]) -> Options:
    """Fill in what was not given, and refuse what no project can be rendered with.

    Parameters:
        options: the options there are, by name.
        given: values by option name; what is left out has its default.

    Raises:
        OptionError: an unknown option, or a value that is refused, with what to do about it.
    """
    if unknown := sorted(given.keys() - options.keys()):
        raise OptionError(f"unknown option {unknown[0]}: there are {', '.join(options)}")
    values = {name: given.get(name, option.default) for name, option in options.items()}
    for name, value in values.items():
        check_value(options[name], value)
        if options[name].kind == "set":
            values[name] = _in_order(options[name], value)
    for name, value in values.items():
        for other, needed in options[name].needs.get(value, {}).items():
            if values[other] != needed:
                raise OptionError(f"{name} = {value!r} needs {other} = {needed!r}")
    checked = Options(values)
    _check_plural(checked.names)
    return checked


def check_value(option: Option, value: str) -> None:
    """Refuse a value that no project can be rendered with, whatever the other options are.

    Raises:
        OptionError: naming the option, the value and what is wrong with it.
    """
    problem = _problem(option, value)
    if problem is not None:
        raise OptionError(f"{option.name} = {reprlib.repr(value)} {problem}")


def _in_order(option: Option, value: str) -> str:
    return ",".join(name for name in option.allowed if name in _members(value))


def _members(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]


def _problem(option: Option, value: str) -> str | None:
    known = ", ".join(option.allowed)
    if option.kind == "choice":
        return None if value in option.allowed else f"is not one of {known}"
    if option.kind == "set":
        unknown = [name for name in _members(value) if name not in option.allowed]
        return f"has {reprlib.repr(unknown[0])}, which is not one of {known}" if unknown else None
    if len(snake_case(value) if option.kind == "model" else value) > LONGEST_NAME:
        return f"is too long: use at most {LONGEST_NAME} characters, _ between words included"
    if option.kind == "package":
        return _package_problem(value)
    return _model_problem(value) if option.kind == "model" else _plural_problem(value)


def _package_problem(name: str) -> str | None:
    # Neither begins nor ends with an underscore, so that it is a distribution's name as well.
    if not re.fullmatch(r"[a-z]([a-z0-9_]*[a-z0-9])?", name):
        return "is not a package name: use a-z, 0-9 and _ between them, beginning with a letter"
    if keyword.iskeyword(name):
        return "is a Python keyword: choose another name"
    if name in sys.stdlib_module_names:
        return "would hide the standard library's module: choose another name"
    if name in _installed():
        return "would hide something that the project uses: choose another name"
    return None


@cache
def _installed() -> frozenset[str]:
    """Give what can be imported here, which is what a rendered project and its tools import."""
    return frozenset(packages_distributions())


def _model_problem(name: str) -> str | None:
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
        return "is not a class name: use A-Z, a-z and 0-9, beginning with a capital, as OrderLine"
    for derived in (name, snake_case(name)):
        if keyword.iskeyword(derived) or derived in ("self", "cls"):
            return f"would be called {derived!r}, which Python needs: choose another one"
    return None


def _plural_problem(name: str) -> str | None:
    if name and (not re.fullmatch(r"[a-z]([a-z0-9_]*[a-z0-9])?", name) or keyword.iskeyword(name)):
        return "is not a name for several: use a-z, 0-9 and _ between them, as order_lines"
    return None


def _check_plural(names: Names) -> None:
    if keyword.iskeyword(names.entities):
        raise OptionError(
            f"several of {names.model} would be called {names.entities!r}, which Python needs: "
            "choose another name with --plural"
        )
