from pathlib import Path

import pytest

from helpers.chosen_renderings import Chosen, full_choice, pairwise_choice


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests what is chosen: a few renderings that hold every pair of choices, or all."""
    whole = metafunc.config.getoption("--every-combination")
    chosen = full_choice() if whole else pairwise_choice()
    if "chosen" in metafunc.fixturenames:
        metafunc.parametrize("chosen", chosen, ids=str)
    if "chosen_to_run" in metafunc.fixturenames:
        runnable = {str(each): each for each in map(Chosen.for_the_newest, chosen)}
        metafunc.parametrize("chosen_to_run", [_marked(each) for each in runnable.values()])


def _marked(chosen: Chosen) -> object:
    marks = [pytest.mark.postgres] if chosen.server == "postgresql" else []
    return pytest.param(chosen, marks=marks, id=str(chosen))


@pytest.fixture(scope="session")
def types_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the type checker knows of the libraries, found out once."""
    return tmp_path_factory.mktemp("mypy")
