from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def types_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the type checker knows of the libraries, found out once."""
    return tmp_path_factory.mktemp("mypy")
