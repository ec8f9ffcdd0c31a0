import asyncio
import shutil
import sys
from pathlib import Path

import pytest

MIGRATE = """
from alembic import command
from alembic.config import Config

config = Config("alembic.ini")
config.set_section_option("post_write_hooks", "hooks", "")
command.upgrade(config, "head")
command.revision(config, "a note is written once", autogenerate=True)
for step in ("upgrade", "downgrade"):
    try:
        getattr(command, step)(config, {"upgrade": "head", "downgrade": "-1"}[step])
    except Exception as error:
        print(f"{step}: {type(error).__name__}: {error}")
        break
else:
    print("upgraded and downgraded")
"""

UNIQUE_NOTES = {
    "note: Mapped[str | None]": "note: Mapped[str | None] = mapped_column(unique=True)",
    "note: str | None = None": "note: str | None = Field(default=None, unique=True)",
}


@pytest.mark.rule("migrating/name-every-constraint")
@pytest.mark.usefixtures("empty_database")
async def test_a_constraint_that_is_added_can_be_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    shutil.copytree(".", project)
    models = project / "app/orders/models.py"
    text = models.read_text()
    for note, unique in UNIQUE_NOTES.items():
        models.write_text(models.read_text().replace(note, unique))
    assert models.read_text() != text
    monkeypatch.setenv("PYTHONPATH", str(project))

    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MIGRATE), cwd=project, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()

    observed = output.decode().splitlines()[-1]
    assert observed == "upgraded and downgraded", observed
