"""How many workers a run has, where nobody says."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import make_dsn, parse_dsn

from benchmarks.proxy import run_proxy
from staging_assets.parser import quote_identifier
from staging_assets.postgres.client.server import Server
from staging_assets.scheduler import CrewSize
from staging_assets.scheduler.crew_size import choose_crew_size, read_free
from staging_assets_tests.support.builds import build_all, load, tables

NEAR, FAR = 0.0003, 0.02


@pytest.mark.parametrize(
    ("default", "distance", "free", "expected"),
    [
        (2, NEAR, 90, "2 workers"),
        (2, FAR, 90, "8 workers: the server is 20 ms away"),
        (8, FAR, 90, "8 workers"),
        (2, FAR, 9, "5 workers: the server is 20 ms away and has 9 connections free"),
        (2, FAR, 6, "2 workers: the server is 20 ms away and has 6 connections free"),
        (2, NEAR, 5, "1 worker: the server has 5 connections free"),
        (2, FAR, -3, "1 worker: the server has 0 connections free"),
    ],
)
def test_a_distant_server_gets_more_workers_and_a_full_one_fewer(
    default: int, distance: float, free: int, expected: str
) -> None:
    assert str(choose_crew_size(default, distance, free)) == expected


def test_what_is_free_heeds_the_limits_of_the_server_the_role_and_the_database(
    database: Server,
) -> None:
    name = quote_identifier(database.database)
    with closing(database.connect_own("test")) as connection, connection.cursor() as cursor:
        whole = read_free(connection)
        assert 0 < whole <= 1_000
        cursor.execute(f"alter database {name} connection limit 7")
        assert read_free(connection) == 6
        cursor.execute("create role few login superuser connection limit 3")
        try:
            cursor.execute("set session authorization few")
            assert read_free(connection) == 3
        finally:
            cursor.execute("reset session authorization; drop role few")


@pytest.mark.parametrize("suited", [True, False])
def test_a_run_on_a_distant_server_has_more_workers_unless_somebody_has_said_how_many(
    database: Server, tmp_path: Path, suited: bool
) -> None:
    project = load(
        tmp_path, tables(**{f"t{n}": f"create table staging.t{n} (a int)" for n in range(10)})
    )
    told = parse_dsn(database.dsn)
    sizes: list[CrewSize] = []
    with run_proxy(f"{told['host']}/.s.PGSQL.{told.get('port', '5432')}", FAR) as (port, traffic):
        far = Server(make_dsn(database.dsn, host="127.0.0.1", port=port, sslmode="disable"))
        began = time.monotonic()
        build_all(far, project, workers=2, suited=suited, sized=sizes.append)
        assert time.monotonic() - began > traffic.trips / traffic.connections * FAR
    assert [size.workers for size in sizes] == [8] * suited
    assert all(size.why.startswith("the server is ") for size in sizes)
    # A session that holds the schema, one a worker, and who asks whether the server still speaks.
    assert (traffic.connections > 4) == suited
