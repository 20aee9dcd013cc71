"""Standard error of a command: nothing when all is well, the reason once when it is not."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from staging_assets_tests.end_to_end.test_commands import typed  # noqa: F401 - a fixture
from staging_assets_tests.support.commands import run_typed
from staging_assets_tests.support.forked import run_forked

COMMAND = "dagster asset materialize --select 'staging/*'"


def test_a_success_prints_nothing_there(typed: dict[str, str]) -> None:  # noqa: F811
    ran = run_typed(COMMAND, typed)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""


def test_the_level_can_be_set(typed: dict[str, str]) -> None:  # noqa: F811
    ran = run_forked(COMMAND, {**typed, "STAGING_LOG_LEVEL": "debug"})
    assert "DEBUG" in ran.stderr
    wrong = run_forked(COMMAND, {**typed, "STAGING_LOG_LEVEL": "loud"})
    assert wrong.returncode != 0
    assert "STAGING_LOG_LEVEL: 'LOUD' is none of DEBUG, INFO" in wrong.stderr


def test_a_failure_is_told_once_without_a_stack_and_with_what_goes_on(
    typed: dict[str, str],  # noqa: F811
) -> None:
    folder = Path(typed["STAGING_SQL_DIR"])
    script = folder / "populate_tables/demo/POPULATE-staging-officers.sql"
    script.write_text("insert into staging.officers select 'x'::text::int;")
    ran = run_forked(COMMAND, typed)
    assert ran.returncode == 1
    screen = ran.stdout + ran.stderr
    assert screen.count("SQLSTATE 22P02") == 1
    assert "Traceback" not in screen
    assert "Stack Trace" not in screen
    assert len(ran.stderr.splitlines()) <= 4
    assert "failed: staging/officers" in ran.stderr
    (again,) = (line for line in ran.stdout.splitlines() if line.startswith("go on with: "))
    assert again.startswith("go on with: dagster asset materialize --select 'staging/officers,")


def test_dagster_still_keeps_the_function_where_it_is_replaced() -> None:
    assert hasattr(dg.colored_console_logger, "_logger_fn")
