"""A table and its cleanup by the commands that people type: both are built and recorded."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets_tests.end_to_end.test_commands import count, typed  # noqa: F401 - a fixture
from staging_assets_tests.support.forked import run_forked

BOTH = {"staging/officers", "staging/officers_cleanup"}


def read_events(home: str) -> tuple[dict[str, int], dict[str, bool]]:
    """Asset to how often it was materialized; check to whether it passed the last time."""
    made: dict[str, int] = {}
    checks: dict[str, bool] = {}
    folder = str(Path(home, "dagster"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", folder)
        instance = dg.DagsterInstance.from_config(folder)
    with instance:
        for run in instance.get_runs():
            for entry in instance.all_logs(run.run_id):
                event = entry.dagster_event
                if event is None:
                    continue
                if event.is_step_materialization and event.asset_key:
                    name = event.asset_key.to_user_string()
                    made[name] = made.get(name, 0) + 1
                if event.event_type_value == "ASSET_CHECK_EVALUATION":
                    found = event.asset_check_evaluation_data
                    checks.setdefault(
                        f"{found.asset_key.to_user_string()}:{found.check_name}", found.passed
                    )
    return made, checks


@pytest.mark.parametrize("selected", sorted(BOTH))
def test_one_of_them_selected_builds_and_records_both(
    typed: dict[str, str],  # noqa: F811
    witness: Connection,
    selected: str,
) -> None:
    before = "staging/lookup_races,staging/stored_procedures/numbers"
    assert run_forked(f"dagster asset materialize --select {before}", typed).returncode == 0
    ran = run_forked(f"dagster asset materialize --select {selected}", typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = [line.split()[1] for line in ran.stdout.splitlines() if line.startswith("[")]
    assert lines[-2:] == sorted(BOTH)
    assert "2 built, 0 failed, 0 skipped" in ran.stdout
    assert count(witness, "select count(*) from staging.officers where age = 40") == 2
    made, checks = read_events(typed["STAGING_HOME"])
    assert {name: made.get(name) for name in BOTH} == dict.fromkeys(BOTH, 1)
    assert checks["staging/officers:table_not_empty"] is True
    assert checks["staging/officers_cleanup:age_has_values"] is True


def test_a_failing_cleanup_is_named_and_the_command_that_goes_on_does_both(
    typed: dict[str, str],  # noqa: F811
    witness: Connection,
) -> None:
    script = Path(typed["STAGING_SQL_DIR"], "populate_tables/demo/staging-officers-cleanup.py")
    sound = script.read_text()
    script.write_text(sound.replace("= 40", "= 1 / 0"))
    ran = run_forked("dagster asset materialize --select 'staging/*'", typed)
    assert ran.returncode != 0
    assert "failed: staging/officers_cleanup\n" in ran.stdout
    assert "skipped: staging/officers, staging/arrests\n" in ran.stdout
    assert "staging-officers-cleanup.py:2: division by zero" in ran.stdout
    assert count(witness, "select count(*) from pg_tables where tablename = 'officers'") == 1
    script.write_text(sound)
    (again,) = (
        line.removeprefix("go on with: ")
        for line in ran.stdout.splitlines()
        if line.startswith("go on with: ")
    )
    ran = run_forked(again, typed)
    assert ran.returncode == 0, ran.stdout
    assert count(witness, "select count(*) from staging.arrests") == 3
    made, _ = read_events(typed["STAGING_HOME"])
    assert {made[name] for name in (*BOTH, "staging/arrests")} == {1}
