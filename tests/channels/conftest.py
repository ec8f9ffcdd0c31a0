from pathlib import Path

import pytest

from helpers.installed import NAME, npm_tools, write_service
from helpers.shipped import ship


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these install what is of somebody else's."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.exhaustive)
            item.add_marker(pytest.mark.network)


@pytest.fixture(scope="session")
def tree(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The skill's tree, as it is shipped."""
    return ship(root, tmp_path_factory.mktemp("shipped") / "skills" / NAME)


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What npm has of installers and linters."""
    folder = tmp_path_factory.mktemp("npm")
    return npm_tools(folder, "@anthropic-ai/claude-code", "skills", "skill-check")


@pytest.fixture
def service(tmp_path: Path) -> Path:
    return write_service(tmp_path / "service")
