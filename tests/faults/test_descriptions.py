"""What a description says of a service, and how one that is wrong is refused."""

import tomllib
from pathlib import Path

import pytest

import faults as command
from async_db.faults import (
    SCENARIOS,
    Need,
    Service,
    ServiceError,
    read_service,
    render_service,
    service_of_rendered,
)
from async_db.faults.description import service_of
from async_db.faults.running import missing
from async_db.faults.service import filled, filled_sql, filled_text
from async_db.scaffold import check_options
from helpers.rendered import ALL_FEATURES, MANIFEST, TEMPLATES, Options, named

SMALLEST = """
name = "rows"
command = ["serve", "{port}"]
[[requests]]
name = "add"
method = "POST"
path = "/rows"
"""
HELP = command.EPILOG
RENDERED: list[Options] = [
    {"wiring": "depends", "database": "both"},
    {"wiring": "modern-di", "database": "sqlite"},
    {"wiring": "manager", "model": "OrderLine", "package": "shop"},
    {"tenancy": "schema"},
]


def described(more: str = "", text: str = SMALLEST) -> Service:
    return service_of(more + text, Path("/service"))


def test_the_smallest_one_has_defaults() -> None:
    service = described()
    assert service.command == ("serve", "{port}")
    assert service.folder == Path("/service")
    assert (service.variable, service.database, service.ready) == ("DATABASE_URL", "postgresql", "")
    assert service.writer is None


def test_the_one_in_the_help_is_a_description() -> None:
    text = HELP.partition("written to.")[2] or HELP
    lines = text.splitlines()
    toml = "\n".join(line for line in lines if line.startswith("    "))
    service = service_of(toml.partition("\n  python ")[0], Path("/shop"))
    assert service.writer == service.named("create")
    assert service.updater == service.named("update")
    assert service.limits.answer == 20
    assert service.named("export").kind == "stream"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "Invalid value"),
        ('name = "rows"', "command is missing"),
        (SMALLEST + "[limits]\nsoon = 1", "limits: there is no 'soon'"),
        ("colour = 1" + SMALLEST, "there is no 'colour'"),
        (SMALLEST.replace('"POST"', "1"), "request add: method is of a wrong type"),
        (SMALLEST + 'after = "make"', "request add: there is no request 'make'"),
        (SMALLEST + 'kind = "slow"', "request add: kind is none that there is"),
        (SMALLEST + 'contend = ["select 1"]', "request add: contend is two statements"),
        ('database = "mysql"' + SMALLEST, "database is neither"),
        ('unknown = "("' + SMALLEST, "unknown: "),
        (SMALLEST + SMALLEST[SMALLEST.index("[[") :], "two requests have the same name"),
        ('name = "rows"\ncommand = ["serve"]\nrequests = []', "it has no requests"),
        (SMALLEST.replace("[[requests]]", "[requests]"), "requests"),
    ],
)
def test_what_is_wrong_is_refused(text: str, told: str) -> None:
    with pytest.raises(ServiceError, match=told.replace("(", r"\(")):
        service_of(text, Path())


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="cannot be read"):
        read_service(tmp_path / "faults.toml")


def test_placeholders_are_filled_at_any_depth() -> None:
    body = {"reference": "f{n}", "n": "{n}", "items": [{"sku": "{n}-{other}"}], "count": 1}
    assert filled(body, {"n": 7}) == {
        "reference": "f7",
        "n": 7,
        "items": [{"sku": "7-{other}"}],
        "count": 1,
    }
    assert filled_text("/rows/{id}?a={}", {"id": 3}) == "/rows/3?a={}"
    assert filled_sql("select '{name}'", {"name": "O'Neill"}) == "select 'O''Neill'"


@pytest.mark.parametrize("options", RENDERED, ids=named)
def test_every_rendered_service_is_described(tmp_path: Path, options: Options) -> None:
    checked = check_options(MANIFEST.options, {**options, "with": ALL_FEATURES})
    rendered = render_service(checked, TEMPLATES, tmp_path / "project")
    database = "sqlite" if checked.values["database"] == "sqlite" else "postgresql"
    service = service_of_rendered(rendered, database)

    assert tomllib.loads((rendered.project / "faults.toml").read_text("utf-8"))
    lacking = {missing(scenario, service, owned=True) for scenario in SCENARIOS.values()}
    assert lacking <= {None, Need.PGBOUNCER}


def test_what_a_description_lacks_is_named() -> None:
    service = described()
    assert missing(SCENARIOS["deadlock"], service, owned=True) is Need.WRITER
    writing = described(text=SMALLEST + 'stored = "select true"')
    assert missing(SCENARIOS["deadlock"], writing, owned=True) is Need.CONTENTION
    assert missing(SCENARIOS["cut-after-commit"], writing, owned=False) is None
    assert missing(SCENARIOS["server-crash"], writing, owned=False) is Need.OWN_SERVER
