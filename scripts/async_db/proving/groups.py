"""Which rules are proved together: those whose options are alike share a scaffold.

Most rules need no features, and are proved on the service without any, which starts and answers in
half the time. What a rule needs as features is together in one other scaffold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from async_db.proving.request import RequestError
from async_db.rules import Rule
from async_db.scaffold import Manifest, ManifestError

WIRING = "wiring"
MODELS = "models"
FEATURES = "with"
"""The option whose value names features, separated by commas: those of several rules add up."""


@dataclass(frozen=True)
class Wirings:
    """The wirings to verify on, in the manifest's order but for the default, which comes first."""

    default: str
    known: tuple[str, ...]
    chosen: tuple[str, ...]

    def of(self, rule: Rule) -> tuple[str, ...]:
        """Give those that a rule is proved on.

        Raises:
            RequestError: the rule's text names one that the scaffold has not.
        """
        own = rule.options.get(WIRING, self.default)
        if own not in self.known:
            raise RequestError(f"{rule.name}: the scaffold has no wiring {own}")
        return tuple(name for name in self.chosen if rule.every_wiring or name == own)


def choose_wirings(manifest: Manifest, names: Sequence[str]) -> Wirings:
    """Choose wirings by their names, or all that the scaffold has if there are none.

    Raises:
        ManifestError: the scaffold has no option for its wiring.
        RequestError: it has no wiring of such a name.
    """
    option = manifest.options.get(WIRING)
    if option is None:
        raise ManifestError(f"rules are verified by wiring: an option {WIRING!r} is needed")
    for name in names:
        if name not in option.allowed:
            known = ", ".join(option.allowed)
            raise RequestError(f"--wiring {name}: the scaffold has {known}")
    ordered = sorted(option.allowed, key=lambda name: name != option.default)
    chosen = tuple(name for name in ordered if not names or name in names)
    return Wirings(option.default, tuple(ordered), chosen)


@dataclass(frozen=True)
class Models:
    """Whose classes the models of the scaffold are, and whose they are without being told."""

    default: str = ""
    chosen: str = ""

    def hold(self, rule: Rule) -> bool:
        """Say whether a rule is about these: one that names none is about all."""
        return rule.options.get(MODELS, self.chosen) == self.chosen

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """What the scaffold is rendered with for them."""
        return ((MODELS, self.chosen),) if self.chosen != self.default else ()


def choose_models(manifest: Manifest, name: str | None) -> Models:
    """Choose the models by their name, or the default of the scaffold.

    Raises:
        RequestError: it has no models of such a name.
    """
    option = manifest.options.get(MODELS)
    if name is not None and (option is None or name not in option.allowed):
        known = ", ".join(option.allowed) if option else "none to choose"
        raise RequestError(f"--models {name}: the scaffold has {known}")
    default = option.default if option else ""
    return Models(default, name or default)


@dataclass(frozen=True)
class Group:
    """Rules that share a scaffold on a database.

    Parameters:
        database: a key of `DATABASES`.
        wiring: how the scaffold is wired.
        options: what else it is rendered with, apart from features.
        features: what all of its rules need together.
        rules: what is proved on it.
        tested: whether the service's own tests are run on it, too.
        refuted_on: where rules of every wiring are refuted, if that is on another wiring.
    """

    database: str
    wiring: str
    options: tuple[tuple[str, str], ...] = ()
    features: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    tested: bool = False
    refuted_on: str | None = None

    def elsewhere(self, rule: Rule) -> str | None:
        """Give the wiring that a rule's counterexample is for, if that is another one."""
        return self.refuted_on if rule.every_wiring else None

    def rendered_with(self) -> dict[str, str]:
        """Give the options of the scaffold, as far as they are not those of the releases."""
        options = {"database": self.database, WIRING: self.wiring, **dict(self.options)}
        return options | ({FEATURES: ",".join(self.features)} if self.features else {})

    def __str__(self) -> str:
        """What it is told apart by from others on the same database."""
        wiring = f" {WIRING}={self.wiring}" if self.refuted_on else ""
        options = "".join(f" {name}={value}" for name, value in self.options)
        return wiring + options + (" with features" if self.features else "")


@dataclass(frozen=True)
class _Alike:
    """What rules that share a scaffold have in common."""

    database: str
    wiring: str
    options: tuple[tuple[str, str], ...] = ()
    featured: bool = False


def groups_of(
    rules: Iterable[Rule],
    databases: Sequence[str],
    wirings: Wirings,
    models: Models = Models(),
    *,
    tested: bool,
) -> list[Group]:
    """Put rules together that can be proved on the same scaffold.

    Those of the default options are many, so that those of them that need features have a scaffold
    of their own. With other options one scaffold serves all, with every feature that one needs.

    Args:
        rules: those to prove.
        databases: the keys of those to prove them on.
        wirings: those to prove them on.
        models: those to prove them on; rules about others are left out.
        tested: whether the service's own tests are run on each wiring, with the features.

    Returns:
        The groups, those of most rules first: they take longest.

    Raises:
        RequestError: a rule's text names a wiring that the scaffold has not.
    """
    members: dict[_Alike, list[Rule]] = {}
    for rule in filter(models.hold, rules):
        options = _own_options(rule.options)
        for database in databases:
            for wiring in wirings.of(rule) if database in rule.databases else ():
                usual = wiring == wirings.default and not options
                featured = usual and bool(_features(rule.options))
                key = _Alike(database, wiring, options, featured)
                members.setdefault(key, []).append(rule)
    tests: list[_Alike] = []
    for database, wiring in product(databases, wirings.chosen if tested else ()):
        key = _Alike(database, wiring, featured=True)
        tests.append(key if key in members else replace(key, featured=False))
    groups = [
        Group(
            key.database,
            key.wiring,
            (*models.options, *key.options),
            tuple(sorted({name for rule in group for name in _features(rule.options)})),
            tuple(group),
            tested=key in tests,
            refuted_on=wirings.default if key.wiring != wirings.default else None,
        )
        for key in dict.fromkeys((*members, *tests))
        for group in (members.get(key, []),)
    ]
    return sorted(groups, key=lambda group: len(group.rules), reverse=True)


def _own_options(options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    apart = (WIRING, MODELS, FEATURES)
    return tuple(sorted(part for part in options.items() if part[0] not in apart))


def _features(options: Mapping[str, str]) -> list[str]:
    return [name for name in options.get(FEATURES, "").split(",") if name]
