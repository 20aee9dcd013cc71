"""A run knows in which database it belongs, however its URL is spelled."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from staging_assets.defs import build_definitions
from staging_assets.postgres import Server, find_place
from staging_assets.settings import ConnectionSettings, StagingSchema
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.folders import make_project

JOB = "populate_all_staging_tables"
HERE = {"host": "/run/pg", "dbname": "d"}


def find_job(staging: StagingSchema) -> dg.JobDefinition:
    definitions = build_definitions(staging)
    return dg.Definitions.merge(
        definitions, dg.Definitions(executor=dg.in_process_executor)
    ).resolve_job_def(JOB)


def execute(
    instance: dg.DagsterInstance, launched: StagingSchema, executed: StagingSchema
) -> tuple[bool, str]:
    """Execute a run where it was not launched; whether it worked, and what was said if not."""
    run = instance.create_run_for_job(find_job(launched))
    done = execute_run(InMemoryJob(find_job(executed)), run, instance)
    said = [
        event.step_failure_data.user_failure_data.description or ""
        for event in done.all_events
        if event.is_step_failure and event.step_failure_data.user_failure_data
    ]
    return done.success, "\n".join(said)


def spell(server: Server, more: str = "") -> ConnectionSettings:
    """The same server, spelled in one of several ways."""
    return ConnectionSettings(url=server.dsn, host=f"{server_host(server)}{more}")


def server_host(server: Server) -> str:
    with closing(server.connect("where")) as connection:
        return str(connection.info.host)


def test_a_run_is_refused_in_another_database_than_those_before_it(
    server: Server, tmp_path: Path
) -> None:
    files = {"create_tables/CREATE-staging-x.sql": "create table staging.x (id int);"}
    folder = make_project(tmp_path, files)
    value = StagingSchema(sql_dir=folder, home=tmp_path / "home")
    with (
        fresh_database(server) as right,
        fresh_database(server) as wrong,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        here = replace(value, postgres=spell(right))
        alike = replace(value, postgres=spell(right, "/"))
        other = replace(value, postgres=spell(wrong))
        assert find_place(here.postgres) != find_place(alike.postgres)
        # Nobody knows yet where it belongs: the first worker says it, by its own spelling.
        assert execute(instance, here, alike) == (True, "")
        done, said = execute(instance, here, other)
        assert not done
        assert "were in database" in said
        assert "Nothing was done" in said
        with closing(wrong.connect("look")) as connection, connection.cursor() as cursor:
            cursor.execute("select to_regnamespace('staging') is null")
            assert cursor.fetchone() == (True,)
        # Another spelling of the same is the same, and whoever launches it may execute it.
        assert execute(instance, here, alike) == (True, "")
        assert execute(instance, other, other) == (True, "")
        # A database that has moved is taken by an explicit word, and then known.
        moved = replace(other, take_over=True)
        assert execute(instance, here, moved) == (True, "")
        assert execute(instance, here, other) == (True, "")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (HERE, {**HERE, "user": "somebody", "password": "hush"}, True),
        ({"url": "postgresql://a:b@db.example/d"}, {"url": "postgresql://c@db.example/d"}, True),
        ({"url": "postgresql://db.example/d"}, {"host": "db.example", "dbname": "d"}, True),
        (HERE, {**HERE, "dbname": "e"}, False),
        (HERE, {**HERE, "host": "/run/pg2"}, False),
        ({"home": Path("/a")}, {"home": Path("/b")}, False),
    ],
)  # fmt: skip
def test_a_place_is_how_a_server_is_spelled_without_secrets(
    one: dict[str, str], other: dict[str, str], same: bool
) -> None:
    places = [find_place(ConnectionSettings(**each)) for each in (one, other)]  # type: ignore[arg-type]
    assert (places[0] == places[1]) is same


def test_a_local_server_is_another_one_on_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(host: str, machine: str) -> str:
        monkeypatch.setattr("platform.node", lambda: machine)
        return find_place(ConnectionSettings(host=host, dbname="d"))

    assert find("localhost", "a") != find("localhost", "b")
    assert find("/run/pg", "a") != find("/run/pg", "b")
    assert find("db.example", "a") == find("db.example", "b")
