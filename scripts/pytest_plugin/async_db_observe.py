"""A pytest plugin that watches what a service's database layer does while its tests run.

Put the folder that holds this file on the path and name the plugin; there is nothing to configure::

    PYTHONPATH=path/to/scripts/pytest_plugin pytest -p async_db_observe

It reports findings by the rules of the catalogue, each with the test, the route, the line of the
project's own code and the order of events. It changes no outcome of any test unless it is told to
fail the run by ``--observe-fail-on``. It needs what the service has: Python 3.11, pytest 6.2,
SQLAlchemy 1.4 and Starlette, or newer ones. The folder holds nothing else, so that no module of a
service is hidden by one of the pack's.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import pytest

OLDEST_PYTHON = (3, 11)


def _observing(module: str) -> Any:
    """Load the pack, under a name that is no other's.

    Raises:
        UsageError: this Python cannot.
    """
    if sys.version_info < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        raise pytest.UsageError(f"async_db_observe needs Python {needed} or newer")
    return import_module(f"async_db_observe_pack.observing.{module}")


def pytest_addoption(parser: pytest.Parser) -> None:
    _observing("options").add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    # What conftests import, such as an engine that is made at import, is watched too.
    _plugin(early_config)


def pytest_configure(config: pytest.Config) -> None:
    _plugin(config).configure(config)


def _plugin(config: pytest.Config) -> Any:
    name = "async-db-observe-session"
    if not config.pluginmanager.has_plugin(name):
        config.pluginmanager.register(_observing("plugin").Plugin(config.rootpath), name)
    return config.pluginmanager.get_plugin(name)
