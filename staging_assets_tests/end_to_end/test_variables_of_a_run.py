"""Parameters of scripts that are given for one run, compared with what psql makes of them."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from staging_assets.defs import build_definitions
from staging_assets.parser import quote_identifier
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.psql import find_psql, find_variables
from staging_assets.settings import ConnectionSettings, StagingSchema
from staging_assets_tests.support.builds import ask, tables
from staging_assets_tests.support.folders import make_project

POPULATE = """insert into staging.days select :'day', ${YEAR}, '{{ place }}', g
from generate_series(1, :n) g;"""
FILES = {
    **tables(
        days=("create table staging.days (day date, year int, place text, n int);", POPULATE),
        later=(
            "create table staging.later (n bigint);",
            "insert into staging.later select count(*) from staging.days;",
        ),
    ),
    "create_tables/CREATE-more.sql": "create table staging.:made ();\n"
    "create table staging.fixed ();",
    "staging.yaml": 'variables: {day: 2024-01-31, "${YEAR}": 2024, "{{ place }}": here, n: 2,'
    " made: extra}\n",
}


def run(
    server: Server, folder: Path, schema: str, given: dict[str, Any], **said: str
) -> dg.ExecuteInProcessResult:
    staging = StagingSchema(
        sql_dir=make_project(folder / "sql", FILES),
        schema=schema,
        variables=said,
        postgres=ConnectionSettings(url=server.dsn),
    )
    job = build_definitions(staging).resolve_job_def("populate_all_staging_tables")
    config = {"ops": {"staging_build": {"config": {"variables": given, "rebuild": "changed"}}}}
    return job.execute_in_process(run_config=config, raise_on_error=False)


def read_failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = result.get_step_failure_events()
    assert event.step_failure_data.user_failure_data is not None
    return str(event.step_failure_data.user_failure_data.description)


def run_psql(server: Server, values: dict[str, str]) -> None:
    text = "drop schema if exists staging cascade; create schema staging;\n"
    text += FILES["create_tables/CREATE-staging-days.sql"] + POPULATE
    own = {name: value for name, value in values.items() if not name.isidentifier()}
    for name, value in own.items():
        text = text.replace(name, value)
    options = [part for n, v in values.items() if n not in own for part in ("-v", f"{n}={v}")]
    subprocess.run(
        [find_psql(), "-X", "-q", "-v", "ON_ERROR_STOP=1", *options],
        input=text,
        env={"PATH": os.environ["PATH"], **find_variables(server)},
        check=True,
        text=True,
    )


@pytest.mark.parametrize("schema", ["north", "Odd one"])
def test_a_run_is_given_values_and_builds_what_they_change(
    schema: str, database: Server, tmp_path: Path
) -> None:
    declared = {"day": "2024-01-31", "${YEAR}": "2024", "{{ place }}": "here", "n": "2"}
    given = {"day": "2025-02-01", "${YEAR}": 2025, "n": 3}
    with closing(database.connect("look", autocommit=True)) as connection:
        for values in (given, {}, {"{{ place }}": "there"}):
            assert run(database, tmp_path, schema, values, n="7").success
            run_psql(database, declared | {"n": "7"} | {name: str(v) for name, v in values.items()})
            query = "select array_agg(t::text order by n) from {}.days t"
            expected = ask(connection, query.format("staging"))
            assert ask(connection, query.format(quote_identifier(schema))) == expected
    again = run(database, tmp_path, schema, {"{{ place }}": "there"}, n="7")
    assert again.success
    assert again.get_asset_materialization_events() == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"dya": "x"}, "'dya' is declared nowhere. Did you mean day?"),
        ({"zz": "x"}, "'zz' is declared nowhere. Declare it in staging.yaml."),
        ({"day": True}, "the value of day is neither a text nor a number. Put it in quotes."),
        ({"day": ["x"]}, "the value of day is neither a text nor a number. Put it in quotes."),
        (
            {"made": "more"},
            "with these values the scripts do not make the same assets: extra, more. Give values",
        ),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_built(
    given: dict[str, Any], told: str, database: Server, tmp_path: Path
) -> None:
    result = run(database, tmp_path, "north", given)
    assert not result.success
    assert told in read_failure(result)
    with closing(database.connect("look", autocommit=True)) as connection:
        assert ask(connection, "select to_regnamespace('north') is null")


def test_the_way_on_says_the_values(
    database: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not run(database, tmp_path, "north", {"day": "no day"}).success
    assert '{"config": {"variables": {"day": "no day"}}}' in capsys.readouterr().out
