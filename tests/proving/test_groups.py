"""Which rules share a scaffold, and what it is rendered with."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from async_db.proving.groups import Group, Models, Wirings, choose_models, choose_wirings, groups_of
from async_db.proving.request import RequestError
from async_db.rules import Rule
from async_db.scaffold import Manifest, ManifestError, Option
from helpers.rule_examples import rule_of_sums

RULE = rule_of_sums()
BOTH = ("sqlite", "postgresql")
WIRINGS = Wirings("depends", ("depends", "container"), ("depends", "container"))
MANIFEST = Manifest(
    {"wiring": Option("wiring", "choice", "depends", "", ("container", "depends", "manager"))}, {}
)


def rule(slug: str, options: Mapping[str, str], *, every_wiring: bool = False) -> Rule:
    return replace(RULE, slug=slug, options=options, every_wiring=every_wiring)


DEFAULT = Models("sqlalchemy", "sqlalchemy")
OTHER = Models("sqlalchemy", "sqlmodel")
PLAIN = rule("plain", {})
EXPORT = rule("export", {"with": "export"})
IMPORT = rule("import", {"with": "export,import"})
TENANT = rule("tenant", {"tenancy": "schema"})
TENANT_EXPORT = rule("tenant-export", {"tenancy": "schema", "with": "export"})
CONTAINED = rule("contained", {"wiring": "container"})
EVERYWHERE = rule("everywhere", {}, every_wiring=True)
LITE = replace(rule("lite", {"tenancy": "none"}), databases=("sqlite",))


def told(groups: list[Group]) -> list[tuple[str, str, list[str]]]:
    return [
        (group.database, str(group).strip(), [rule.slug for rule in group.rules])
        for group in groups
    ]


def test_only_among_the_default_options_do_features_cost_a_scaffold() -> None:
    rules = [PLAIN, EXPORT, IMPORT, TENANT, TENANT_EXPORT]

    groups = groups_of(rules, ("sqlite",), WIRINGS, tested=False)

    assert sorted(told(groups)) == [
        ("sqlite", "", ["plain"]),
        ("sqlite", "tenancy=schema with features", ["tenant", "tenant-export"]),
        ("sqlite", "with features", ["export", "import"]),
    ]
    assert {str(group).strip(): group.rendered_with() for group in groups} == {
        "": {"database": "sqlite", "wiring": "depends"},
        "with features": {"database": "sqlite", "wiring": "depends", "with": "export,import"},
        "tenancy=schema with features": {
            "database": "sqlite",
            "wiring": "depends",
            "tenancy": "schema",
            "with": "export",
        },
    }


def test_rules_about_other_models_are_left_out() -> None:
    usual = rule("usual", {"models": "sqlalchemy"})
    chosen = groups_of([PLAIN, usual, TENANT], ("sqlite",), WIRINGS, OTHER, tested=True)
    default = groups_of([PLAIN, usual, TENANT], ("sqlite",), WIRINGS, DEFAULT, tested=False)

    assert sorted(told(chosen)) == [
        ("sqlite", "models=sqlmodel", ["plain"]),
        ("sqlite", "models=sqlmodel tenancy=schema", ["tenant"]),
        ("sqlite", "wiring=container models=sqlmodel", []),
    ]
    assert all(group.rendered_with()["models"] == "sqlmodel" for group in chosen)
    assert sorted(told(default)) == [
        ("sqlite", "", ["plain", "usual"]),
        ("sqlite", "tenancy=schema", ["tenant"]),
    ]


def test_models_are_chosen_by_name() -> None:
    option = Option("models", "choice", "sqlalchemy", "", ("sqlalchemy", "sqlmodel"))
    manifest = Manifest({**MANIFEST.options, "models": option}, {})
    assert choose_models(manifest, None) == choose_models(manifest, "sqlalchemy") == DEFAULT
    assert choose_models(manifest, "sqlmodel") == OTHER
    assert choose_models(MANIFEST, None).options == ()
    with pytest.raises(RequestError, match="--models mine: the scaffold has sqlalchemy, sqlmodel"):
        choose_models(manifest, "mine")


def test_what_takes_longest_comes_first() -> None:
    groups = groups_of([PLAIN, TENANT, TENANT_EXPORT], ("sqlite",), WIRINGS, tested=True)

    assert [len(group.rules) for group in groups] == [2, 1, 0]


def test_a_rule_of_every_wiring_is_in_a_group_of_each() -> None:
    groups = groups_of([PLAIN, CONTAINED, EVERYWHERE], ("sqlite",), WIRINGS, tested=False)

    assert told(groups) == [
        ("sqlite", "", ["plain", "everywhere"]),
        ("sqlite", "wiring=container", ["contained", "everywhere"]),
    ]
    usual, contained = groups
    assert usual.elsewhere(EVERYWHERE) is None
    assert contained.elsewhere(EVERYWHERE) == "depends"
    assert contained.elsewhere(CONTAINED) is None


def test_the_service_is_tested_on_each_wiring_with_all_features() -> None:
    plain = groups_of([PLAIN, TENANT, LITE], BOTH, WIRINGS, tested=True)
    featured = groups_of([PLAIN, EXPORT], BOTH, WIRINGS, tested=True)

    assert where_tested(plain) == {
        *(("sqlite", ""), ("sqlite", "wiring=container")),
        *(("postgresql", ""), ("postgresql", "wiring=container")),
    }
    assert where_tested(featured) == {
        *(("sqlite", "with features"), ("sqlite", "wiring=container")),
        *(("postgresql", "with features"), ("postgresql", "wiring=container")),
    }


def where_tested(groups: list[Group]) -> set[tuple[str, str]]:
    return {(group.database, str(group).strip()) for group in groups if group.tested}


def test_nothing_is_rendered_that_nothing_is_run_on() -> None:
    only = replace(WIRINGS, chosen=("container",))

    assert groups_of([LITE], ("postgresql",), WIRINGS, tested=False) == []
    assert told(groups_of([PLAIN, EVERYWHERE], ("sqlite",), only, tested=False)) == [
        ("sqlite", "wiring=container", ["everywhere"])
    ]


def test_a_rule_of_an_unknown_wiring_is_not_passed_over() -> None:
    with pytest.raises(RequestError, match="sums/strung: the scaffold has no wiring string"):
        groups_of([rule("strung", {"wiring": "string"})], BOTH, WIRINGS, tested=True)


def test_wirings_are_those_of_the_manifest() -> None:
    known = ("depends", "container", "manager")
    assert choose_wirings(MANIFEST, ()) == Wirings("depends", known, known)
    assert choose_wirings(MANIFEST, ("manager", "container")).chosen == ("container", "manager")
    with pytest.raises(RequestError, match="string: the scaffold has container, depends, manager"):
        choose_wirings(MANIFEST, ("string",))
    with pytest.raises(ManifestError, match="an option 'wiring' is needed"):
        choose_wirings(Manifest({}, {}), ())
