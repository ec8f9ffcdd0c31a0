"""The password in the URL is not the one that the server knows."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from async_db.faults.judging import is_not_ready, stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import Need, scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage

_ROLE = "faults_login"
_PASSWORD = "s3cret-and-never-shown"  # noqa: S105 (of a server that is thrown away)
_WRITES = 3


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """It says that it is not ready, keeps the password to itself, and serves once it is right."""
    yield from stands(outcome)
    yield from is_not_ready(outcome)
    if lines := outcome.facts.get("password_lines"):
        yield f"it wrote the password in {lines} lines"


@scenario(
    "The password is wrong: the service must be alive, not be ready, answer 503, write the password"
    " nowhere, and serve once the server takes it.",
    judge,
    needs=(Need.WRITER, Need.OWN_SERVER),
    starts=False,
)
async def wrong_password(stage: Stage) -> Outcome:
    variable = stage.service.variable
    url = stage.variables[variable]
    user = urlsplit(url).netloc.rpartition("@")[0]
    login = url.replace(f"{user}@", f"{_ROLE}:{_PASSWORD}@", 1)
    async with _asking_for_passwords(stage):
        await stage.start({variable: login})
        async with stage.asking(stage.service.live, "live"):
            for _ in range(_WRITES):
                await stage.send(stage.writer, "fault")
                if stage.service.ready:
                    await stage.client.probe(stage.service.ready, "ready")
        await stage.postgresql.execute(f"alter role {_ROLE} password '{_PASSWORD}'")
        recovered = await stage.recovered()
        lines = stage.process.log.read_text("utf-8", "replace").splitlines()
        shown = sum(_PASSWORD in line for line in lines)
        outcome = await stage.outcome(recovered=recovered, password_lines=shown)
        stage.process.kill()
        return outcome


@asynccontextmanager
async def _asking_for_passwords(stage: Stage) -> AsyncIterator[None]:
    """Have the server ask one role for its password, which is another one, within the block."""
    rules = stage.own_server.data / "pg_hba.conf"
    before = rules.read_text(encoding="utf-8")
    await stage.postgresql.execute(f"create role {_ROLE} superuser login password 'another'")
    rules.write_text(f"local all {_ROLE} scram-sha-256\n{before}", encoding="utf-8")
    await stage.postgresql.execute("select pg_reload_conf()")
    try:
        yield
    finally:
        rules.write_text(before, encoding="utf-8")
        await stage.postgresql.execute("select pg_reload_conf()")
        await stage.postgresql.kill_backends()
        await stage.postgresql.execute(f"drop role {_ROLE}")
