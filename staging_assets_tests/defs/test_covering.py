"""Runs that are asked for a few assets and cover the rest: built as if all had been selected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from staging_assets.defs import build_definitions, find_overdue
from staging_assets.postgres import Connection, Server
from staging_assets.settings import ConnectionSettings, StagingSchema
from staging_assets_tests.support.builds import ask, tables
from staging_assets_tests.support.folders import make_project

FILES = {
    **tables(
        dogs=(
            "create table staging.dogs (id int);",
            "insert into staging.dogs select generate_series(1, 3);",
        ),
        walks=(
            "create table staging.walks (dog int);",
            "insert into staging.walks select id from staging.dogs;",
        ),
        cats=("create table staging.cats (id int);", "insert into staging.cats values (1);"),
    ),
    "staging.yaml": "checks: {cats: [{min_rows: 1, name: some, blocking: false}]}\n",
}
CHANGED = "insert into staging.dogs select generate_series(1, 4);"


class Folder:
    """A folder of scripts, a database and a history of runs."""

    def __init__(self, folder: Path, server: Server, instance: dg.DagsterInstance) -> None:
        self.sql_dir = make_project(folder / "sql", FILES)
        self.staging = StagingSchema(
            sql_dir=self.sql_dir,
            postgres=ConnectionSettings(url=server.dsn),
            home=folder / "home",
        )
        self.instance = instance

    def change(self) -> None:
        make_project(self.sql_dir, {"populate_tables/demo/POPULATE-staging-dogs.sql": CHANGED})

    def run(self, *nodes: str, covers: Sequence[str] = ("*",), **config: Any) -> Any:
        job = build_definitions(self.staging).resolve_job_def("populate_all_staging_tables")
        told = {"rebuild": "changed", "covers": list(covers), **config}
        return job.execute_in_process(
            run_config={"ops": {"staging_build": {"config": told}}},
            asset_selection=[dg.AssetKey(["staging", node]) for node in nodes] or None,
            instance=self.instance,
            raise_on_error=False,
        )


@pytest.fixture
def folder(tmp_path: Path, database: Server) -> Iterator[Folder]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Folder(tmp_path, database, instance)


@pytest.fixture
def look(database: Server) -> Iterator[Connection]:
    with closing(database.connect("look", autocommit=True)) as connection:
        yield connection


def find_made(result: Any) -> list[str]:
    """The tables of which the run's log has a materialization, asked for or not."""
    events = [event for event in result.all_events if event.is_step_materialization]
    return sorted(event.asset_key.path[-1] for event in events)


def find_told(result: Any) -> dict[str, bool]:
    """The checks of which the run's log has an evaluation, asked for or not."""
    return {
        f"{found.asset_key.path[-1]}:{found.check_name}": found.passed
        for found in result.get_asset_check_evaluations()
    }


def test_what_has_changed_of_the_rest_is_built_with_what_reads_it(
    folder: Folder, look: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    first = folder.run(covers=())
    assert find_made(first) == ["cats", "dogs", "schema", "walks"]
    nothing = folder.run("schema")
    assert nothing.success
    assert find_made(nothing) == []
    capsys.readouterr()

    folder.change()
    result = folder.run("schema")
    assert result.success
    assert find_made(result) == ["dogs", "walks"]
    assert ask(look, "select count(*) from staging.walks") == 4
    printed = capsys.readouterr().out
    assert "2 to build; 2 as they are" in printed
    assert "2 built, 2 unchanged, 0 failed, 0 skipped; 8 rows" in printed
    assert "staging/cats " not in printed


def test_a_run_that_covers_everything_is_a_run_of_everything(folder: Folder) -> None:
    folder.run(covers=())
    ended = folder.instance.get_runs()[0].run_id
    folder.instance.delete_run(ended)
    folder.run("schema", covers=["dogs"])
    assert find_overdue(folder.instance, folder.staging, 3600) is not None
    folder.run("schema", covers=["dogs", "walks", "staging/c*"])
    assert find_overdue(folder.instance, folder.staging, 3600) is None


def test_checks_of_the_rest_are_evaluated_and_told_where_they_are_news(
    folder: Folder, look: Connection
) -> None:
    folder.run(covers=())
    assert not any("cats" in key for key in find_told(folder.run("schema")))
    with look.cursor() as cursor:
        cursor.execute("delete from staging.cats")
    for _ in range(2):
        failed = folder.run("schema")
        assert not failed.success
        assert find_told(failed)["cats:some"] is False
    with look.cursor() as cursor:
        cursor.execute("insert into staging.cats values (7)")
    assert find_told(folder.run("schema"))["cats:some"] is True
    assert not any("cats" in key for key in find_told(folder.run("schema")))


def test_one_of_the_rest_that_fails_fails_the_run(folder: Folder) -> None:
    folder.run(covers=())
    wrong = "insert into staging.dogs select 1 / 0;"
    make_project(folder.sql_dir, {"populate_tables/demo/POPULATE-staging-dogs.sql": wrong})
    result = folder.run("schema")
    assert not result.success
    told = str(result.failure_data_for_node("staging_build"))
    assert "failed: staging/dogs; skipped: staging/walks" in told


def test_a_pattern_that_means_nothing_is_told(folder: Folder) -> None:
    result = folder.run("schema", covers=["dgos"])
    told = str(result.failure_data_for_node("staging_build"))
    assert "run config covers: 'dgos': the scripts make nothing of that name." in told
