"""`pytest --one-statement`: every database of a test takes one statement a message, and no more.

That is how some servers are (Citus hands the text of a message on to its workers). The database
says so by a setting, as anybody's may, and has a trigger (`one_statement.sql`) that lets no
definition through that comes in a message with other statements. Tests marked `also_one_statement`
are run on such a database in every run, besides the ordinary one.
"""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--one-statement",
        action="store_true",
        help="let every database of a test take one statement a message",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "also_one_statement: run once more where a message holds one statement"
    )
    if config.getoption("one_statement"):
        os.environ["STAGING_TEST_ONE_STATEMENT"] = "1"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = metafunc.definition.get_closest_marker("also_one_statement") is not None
    if marked and "database" in metafunc.fixturenames:
        ids = ["together", "one-statement"]
        metafunc.parametrize("database", [False, True], ids=ids, indirect=True)
