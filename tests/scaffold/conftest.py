import os
from pathlib import Path

import pytest

from helpers.chosen_renderings import Chosen, each_choice, full_choice
from helpers.houses import houses_and_options


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests what is chosen: a few renderings or all, of services with what changes layers.

    To be typed, those that hold every choice; to have their own tests run, which takes longest, the
    default.
    """
    whole = metafunc.config.getoption("--exhaustive")
    if "chosen" in metafunc.fixturenames:
        metafunc.parametrize("chosen", full_choice() if whole else each_choice(), ids=str)
    if "different" in metafunc.fixturenames:
        metafunc.parametrize(("name", "different"), houses_and_options())
    if "chosen_to_run" in metafunc.fixturenames:
        chosen = full_choice() if whole else each_choice()[:1]
        runnable = {str(each): each for each in map(Chosen.for_the_newest, chosen)}
        metafunc.parametrize("chosen_to_run", [_marked(each) for each in runnable.values()])


def _marked(chosen: Chosen) -> object:
    marks = [pytest.mark.postgres] if chosen.server == "postgresql" else []
    return pytest.param(chosen, marks=marks, id=str(chosen))


@pytest.fixture(scope="session")
def types_cache(request: pytest.FixtureRequest) -> Path:
    """What the type checker knows of the libraries, found out once, and not by each run of ours.

    Each worker has its own: nothing says that two may write into one at the same time.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return request.config.cache.mkdir(f"mypy-{worker}")
