import importlib
import sys

import pytest
import sqlalchemy.ext.asyncio


@pytest.mark.rule("engine/created-in-lifespan")
def test_importing_the_app_creates_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    created = []
    create = sqlalchemy.ext.asyncio.create_async_engine

    def counted(*args: object, **kwargs: object) -> object:
        created.append(args)
        return create(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlalchemy.ext.asyncio, "create_async_engine", counted)
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        monkeypatch.delitem(sys.modules, name)

    importlib.import_module("app.main")

    observed = f"engines at import: {len(created)}"
    assert observed == "engines at import: 0", observed
