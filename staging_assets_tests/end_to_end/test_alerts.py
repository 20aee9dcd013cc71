"""Whatever stops a night is told by webhook and command, by the commands that timers run."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from staging_assets.postgres import Server
from staging_assets.postgres.client.schema_lock import SchemaLock
from staging_assets_tests.end_to_end.test_commands import typed  # noqa: F401 - a fixture
from staging_assets_tests.support.forked import run_forked
from staging_assets_tests.support.webhook import Hook, listening

EVERYTHING = "dagster job execute -j populate_all_staging_tables"


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


@pytest.fixture
def night(typed: dict[str, str], hook: Hook, tmp_path: Path) -> dict[str, str]:  # noqa: F811
    """The environment of a timer, with somebody to tell."""
    return {
        **typed,
        "STAGING_WEBHOOK_URL": hook.url,
        "STAGING_ALERT_COMMAND": f"cat >> {tmp_path / 'mail'}",
    }


def test_a_failed_table_a_broken_script_and_a_night_that_did_not_happen_are_told(
    night: dict[str, str], hook: Hook, tmp_path: Path
) -> None:
    look = "staging-assets watch --within 1h"
    # Nothing has run yet.
    ran = run_forked(look, night)
    assert ran.returncode == 2
    assert ran.stdout == 'schema "staging" of demo: no run that built everything is known\n'
    assert [body["kind"] for body in hook.bodies] == ["run_overdue"]
    # A table fails.
    script = Path(night["STAGING_SQL_DIR"], "populate_tables/demo/POPULATE-staging-officers.sql")
    sound = script.read_text()
    script.write_text("insert into staging.officers select no_such_column from etl.officers")
    assert run_forked(EVERYTHING, night).returncode == 1
    failed = hook.bodies[1]
    assert (failed["kind"], failed["department"]) == ("tables_failed", "demo")
    [table] = failed["tables"]
    assert table["asset"] == "staging/officers"
    assert 'column "no_such_column" does not exist' in table["message"]
    assert table["holds_up"] == ["staging/arrests", "staging/officers_cleanup"]
    assert failed["go_on"].startswith("dagster asset materialize --select 'staging/")
    assert failed["text"] in (tmp_path / "mail").read_text()
    assert run_forked(look, night).returncode == 2
    # A script cannot be read, so there is no run at all.
    script.write_text("insert into staging.officers select 'no end")
    assert run_forked(EVERYTHING, night).returncode != 0
    broken = hook.bodies[3]
    assert broken["kind"] == "scripts_broken"
    assert "POPULATE-staging-officers.sql:1:" in broken["reason"]
    # Whoever only looks at the definitions wakes nobody up.
    assert run_forked("dagster job list", night).returncode != 0
    # All is well.
    script.write_text(sound)
    ran = run_forked(EVERYTHING, night)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    ran = run_forked(look, night)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "all is well\n", "")
    assert len(hook.bodies) == 4
    # A part of it is not everything, and a moment later the night is over.
    assert run_forked("dagster asset materialize --select staging/officers", night).returncode == 0
    ran = run_forked("staging-assets watch --within 10ms", night)
    assert ran.returncode == 2
    assert "the last run that built everything ended 0.0 h ago, at " in ran.stdout
    assert [body["kind"] for body in hook.bodies[4:]] == ["run_overdue"]


def test_a_dead_database_and_a_held_lock_are_told(
    night: dict[str, str], hook: Hook, database: Server
) -> None:
    gone = {**night, "STAGING_DATABASE_URL": "postgresql://builder:s3cret@127.0.0.1:1/gone"}
    assert run_forked(EVERYTHING, gone).returncode == 1
    lock = SchemaLock(
        database, "staging", "f00", wait=0, log=lambda *_: None, cancelled=threading.Event()
    )
    with lock:
        assert run_forked(EVERYTHING, night).returncode == 1
    dead, held = hook.bodies
    assert (dead["kind"], held["kind"]) == ("run_refused", "run_refused")
    assert "127.0.0.1" in dead["reason"]
    assert "s3cret" not in str(hook.bodies)
    assert "f00" in held["reason"]
    assert "holds it" in held["reason"]
    # The one who looks cannot look either.
    ran = run_forked("staging-assets watch --within 1h", gone)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert hook.bodies[2]["kind"] == "could_not_look"
    assert "s3cret" not in ran.stderr + str(hook.bodies[2])


def test_a_load_that_fails_is_told(night: dict[str, str], hook: Hook, tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "roster.csv").write_text("a,b\n1,2\n3,4,5\n")
    told = {**night, "STAGING_ETL_CSV_DIR": str(folder)}
    assert run_forked("dagster asset materialize --select etl/roster", told).returncode == 1
    [body] = hook.bodies
    assert [table["asset"] for table in body["tables"]] == ["etl/roster"]
    assert "roster.csv:3" in body["tables"][0]["message"]
    assert body["go_on"] == "dagster asset materialize --select 'etl/roster'"


def test_a_time_that_is_none_is_refused(night: dict[str, str]) -> None:
    ran = run_forked("staging-assets watch --within soon", night)
    assert ran.returncode == 1
    assert ran.stderr.startswith("--within: 'soon' is no time.")
    assert os.linesep not in ran.stderr.strip()
