"""The configuration for a server: what Dagster remembers is in Postgres."""

from __future__ import annotations

import shutil
from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import parse_dsn
from sqlalchemy import URL

from staging_assets.postgres.client.server import Server
from staging_assets_tests.end_to_end.test_commands import LITERAL, count, typed  # noqa: F401 - a fixture
from staging_assets_tests.support.commands import ROOT, run_typed


def test_runs_and_events_are_kept_in_postgres(
    typed: dict[str, str],  # noqa: F811
    tmp_path: Path,
    database: Server,
    witness: Connection,
) -> None:
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(ROOT / "deploy" / "dagster.yaml", home)
    told = parse_dsn(database.dsn)
    url = URL.create(
        "postgresql+psycopg2",
        told["user"],
        database=told["dbname"],
        query={"host": told["host"], "port": told["port"]},
    )
    environment = {
        **typed,
        "DAGSTER_HOME": str(home),
        "DAGSTER_POSTGRES_URL": url.render_as_string(hide_password=False),
    }
    ran = run_typed(LITERAL, environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert count(witness, "select count(*) from runs where status = 'SUCCESS'") == 1
    assert count(witness, "select count(*) from asset_keys where asset_key ~ 'staging'") == 7
    assert " - DEBUG - " not in ran.stderr
