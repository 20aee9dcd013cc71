"""`pytest --no-server`: the tests that need no Postgres, and proof that they need none.

A test needs a server when a fixture gives it one, which is found out here, or when it starts one
of its own, by whatever command: then it is marked with `pytest.mark.server`. So is one that asks
a package index for packages, which takes long. A mark that is
forgotten is noticed, because with this option no program of Postgres can be started, neither by
the tests nor by the commands that they run.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from staging_assets_tests.support.no_server.sitecustomize import refuse_servers

_GIVERS = {"server", "server15", "database", "database15"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-server",
        action="store_true",
        help="run the tests that need no Postgres, and let none be started",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "server: starts a Postgres of its own, or asks a package index"
    )
    if config.getoption("no_server"):
        refuse_servers()
        # Every Python that a test starts imports `sitecustomize` from there.
        paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("no_server"):
        return
    needing = [item for item in items if _needs_server(item)]
    if needing:
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in set(needing)]


def _needs_server(item: pytest.Item) -> bool:
    if item.get_closest_marker("server") is not None or not isinstance(item, pytest.Function):
        return True
    # A parameter may name the fixture that the test then asks for.
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    names = [name for name in parameters if isinstance(name, str)]
    return not _GIVERS.isdisjoint([*item.fixturenames, *names])
