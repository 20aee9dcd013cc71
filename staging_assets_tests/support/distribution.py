"""How the tests of a run are shared out among its worker processes.

What a module makes once, such as a whole department built, is to be made by one worker, for whom
the others would only wait. Whole commands come first, since the longest of them would otherwise
be waited for in the end.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    "staging_assets_tests/cli/test_check.py",
    "staging_assets_tests/cli/test_report.py",
    "staging_assets_tests/end_to_end/test_automation.py",
    "staging_assets_tests/end_to_end/test_celery.py",
    "staging_assets_tests/end_to_end/test_chicago.py",
    "staging_assets_tests/end_to_end/test_common_schema.py",
    "staging_assets_tests/end_to_end/test_damage.py",
    "staging_assets_tests/end_to_end/test_demo.py",
    "staging_assets_tests/end_to_end/test_departments.py",
    "staging_assets_tests/end_to_end/test_installations.py",
    "staging_assets_tests/end_to_end/test_new_department.py",
    "staging_assets_tests/end_to_end/test_readme.py",
    "staging_assets_tests/end_to_end/test_ui.py",
)
"""Modules whose tests share what takes long to make."""


class Scheduling(LoadScopeScheduling):
    """Gives each test to whoever is free, and a module of `TOGETHER` as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        module, _, _ = nodeid.partition("::")
        return module if module in TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One more than there are cores: one waits for a lock, a page or the disk most of the time."""
    if config.getoption("no_server") or "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    return Scheduling(config, log) if config.getoption("dist") == "load" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: "/end_to_end/" not in item.nodeid)
