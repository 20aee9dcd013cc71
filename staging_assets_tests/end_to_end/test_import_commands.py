"""A database is imported and built again elsewhere, by the commands that are typed."""

from __future__ import annotations

from pathlib import Path

from staging_assets.postgres import Server
from staging_assets_tests.end_to_end.test_same_as_psql import run_psql
from staging_assets_tests.support.commands import find_environment, run_typed
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.dumps import check_same, dump

RICH = Path(__file__).parents[1] / "data" / "dumps" / "rich.sql"


def test_a_database_is_imported_and_built_elsewhere(
    server: Server, staging_home: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    with fresh_database(server) as theirs, fresh_database(server) as ours:
        run_psql(theirs, RICH)
        environment = find_environment(STAGING_HOME=str(staging_home))
        source = {**environment, "STAGING_DATABASE_URL": theirs.dsn}
        wanted = "--rows --lookups 'lookup_*' --csv visits"
        done = run_typed(f"staging-assets import --from-database '{new}' {wanted}", source)
        assert (done.returncode, done.stderr) == (0, "")
        assert (new / "IMPORT.md").read_text() in done.stdout
        target = {**environment, "STAGING_DATABASE_URL": ours.dsn}
        line = (
            "set -a && . ./settings.env && set +a && staging-assets validate --database"
            " && staging-assets build"
        )
        done = run_typed(line, target, folder=new)
        assert (done.returncode, done.stderr) == (0, "")
        assert "0 failed, 0 skipped" in done.stdout
        check_same(dump(ours), dump(theirs))
