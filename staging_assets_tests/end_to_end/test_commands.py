"""The commands as people type them: exit codes, what is built, what the screen says."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets.postgres.client.schema_lock import LOCK_SPACE
from staging_assets_tests.support.commands import find_environment, run_typed
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.forked import run_forked

LITERAL = "dagster asset materialize --select staging/*"

FOLDER = {
    "create_tables/CREATE-staging-lookup_races.sql": (
        "create table staging.lookup_races (code int primary key, value text);"
    ),
    "create_tables/CREATE-staging-officers.sql": (
        "create table staging.officers (officer_id serial primary key, badge text not null, "
        "race_code int references staging.lookup_races (code), age int);"
    ),
    "create_tables/CREATE-staging-arrests.sql": (
        "create table staging.arrests (arrest_id int primary key, "
        "officer_id int references staging.officers (officer_id));"
    ),
    "create_tables/CREATE-staging-notes.sql": "create table staging.notes (note text);",
    "create_stored_procedures/numbers.sql": (
        "create or replace function staging.clean(t text) returns text language sql immutable "
        "as $$ select nullif(trim(t), '') $$;"
    ),
    "populate_tables/lookup/lookup_tables.yaml": (
        "lookup_races:\n  columns: [code, value]\n  rows:\n    - [1, White]\n    - [2, Black]\n"
    ),
    "populate_tables/demo/POPULATE-staging-officers.sql": (
        "insert into staging.officers (badge, race_code) "
        "select staging.clean(badge), race::int from etl.officers;"
    ),
    "populate_tables/demo/POPULATE-staging-arrests.sql": (
        "insert into staging.arrests select n, o.officer_id "
        "from etl.arrests a join staging.officers o using (badge);"
    ),
    "populate_tables/demo/staging-officers-cleanup.py": (
        "def main(pgw):\n    pgw.execute('update staging.officers set age = 40')\n"
    ),
    "staging.yaml": "cleanups:\n  officers: age\n",
}

SOURCES = """
create schema etl;
create table etl.officers (badge text, race text);
insert into etl.officers values ('a', '1'), (' b ', '2');
create table etl.arrests (n int, badge text);
insert into etl.arrests values (1, 'a'), (2, 'b'), (3, 'b');
"""


@pytest.fixture
def typed(
    tmp_path: Path, database: Server, witness: Connection, staging_home: Path
) -> dict[str, str]:
    """The environment of a person who pointed the project at a small folder and a database."""
    folder = make_project(tmp_path / "scripts", FOLDER)
    with witness.cursor() as cursor:
        cursor.execute(SOURCES)
    return find_environment(
        STAGING_SQL_DIR=str(folder),
        STAGING_DATABASE_URL=database.dsn,
        STAGING_HOME=str(staging_home),
    )


def count(witness: Connection, query: str) -> int:
    with witness.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "command",
    [
        LITERAL,
        """dagster asset materialize --select 'key:"staging/*"'""",
        "dg launch --assets 'staging/*'",
        "timeout 200 dagster asset materialize --select staging/*",
        "dagster job execute -j populate_all_staging_tables",
    ],
)
def test_every_way_to_ask_for_everything_builds_everything(
    typed: dict[str, str], witness: Connection, command: str
) -> None:
    ran = run_typed(command, typed)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert count(witness, "select count(*) from staging.arrests") == 3
    assert count(witness, "select count(*) from staging.officers where age = 40") == 2
    assert count(witness, "select count(*) from staging.lookup_races") == 2
    assert count(witness, "select count(*) from staging.notes") == 0


@pytest.mark.parametrize("pointer", ["", " -m staging_assets.definitions"])
def test_without_activation_the_command_is_called_by_its_path(
    typed: dict[str, str], witness: Connection, pointer: str
) -> None:
    dagster = Path(sys.prefix) / "bin" / "dagster"
    command = f"'{dagster}' asset materialize --select 'staging/*'{pointer}"
    ran = run_typed(command, typed, activate=False)
    assert ran.returncode == 0, ran.stderr
    assert count(witness, "select count(*) from staging.arrests") == 3


def test_the_screen_has_a_line_a_table_and_a_summary(typed: dict[str, str]) -> None:
    ran = run_typed(LITERAL, typed)
    lines = ran.stdout.splitlines()
    numbered = [line for line in lines if line.startswith("[")]
    assert len(numbered) == 7
    assert numbered[-1].startswith("[7/7] ")
    arrests = next(line for line in numbered if " staging/arrests " in line)
    assert "3 rows" in arrests
    assert arrests.endswith(" s")
    assert any(line.startswith("7 built, 0 failed, 0 skipped; 7 rows in ") for line in lines)
    assert "Warning" not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("selection", "built"),
    [
        ("staging/lookup_races", {"lookup_races"}),
        ("staging/schema,staging/lookup_races,staging/stored_procedures/numbers", {"lookup_races"}),
        ("""'key:"staging/lookup_*"'""", {"lookup_races"}),
        ("group:lookups", {"lookup_races"}),
        ("+staging/notes", {"notes"}),
        ("'+staging/officers'", {"lookup_races", "officers"}),
    ],
)
def test_a_subset_builds_that_and_no_more(
    typed: dict[str, str], witness: Connection, selection: str, built: set[str]
) -> None:
    ran = run_forked(f"dagster asset materialize --select {selection}", typed)
    assert ran.returncode == 0 or "officers" in selection, ran.stderr
    with witness.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'staging'")
        assert {name for (name,) in cursor.fetchall()} == built or "officers" in selection


def test_what_hangs_on_a_table_is_selected_with_a_star(
    typed: dict[str, str], witness: Connection
) -> None:
    assert run_forked(LITERAL, typed).returncode == 0
    ran = run_forked("dagster asset materialize --select 'staging/officers*'", typed)
    assert ran.returncode == 0, ran.stderr
    assert [line.split()[1] for line in ran.stdout.splitlines() if line.startswith("[")] == [
        "staging/officers",
        *sorted(["staging/arrests", "staging/officers_cleanup"], key=ran.stdout.index),
    ]


def test_asset_list_names_what_can_be_materialized(typed: dict[str, str]) -> None:
    ran = run_forked("dagster asset list", typed)
    assert ran.returncode == 0
    assert set(ran.stdout.split()) == {
        "staging/arrests",
        "staging/lookup_races",
        "staging/notes",
        "staging/officers",
        "staging/officers_cleanup",
        "staging/schema",
        "staging/stored_procedures/numbers",
    }
    assert "Warning" not in ran.stderr


def test_a_failed_table_fails_alone_and_the_run_says_so(
    typed: dict[str, str], witness: Connection
) -> None:
    broken = Path(typed["STAGING_SQL_DIR"], "populate_tables/demo/POPULATE-staging-officers.sql")
    broken.write_text(
        "insert into staging.officers (badge)\nselect no_such_column from etl.officers;"
    )
    ran = run_forked(LITERAL, typed)
    assert ran.returncode != 0
    assert "failed: staging/officers" in ran.stdout
    assert "skipped: staging/arrests, staging/officers_cleanup" in ran.stdout
    assert "POPULATE-staging-officers.sql:2:8" in ran.stdout
    assert "42703" in ran.stdout
    assert count(witness, "select count(*) from staging.lookup_races") == 2
    assert count(witness, "select count(*) from pg_tables where tablename = 'officers'") == 1


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("dagster asset materialize --select", {
            "etl/*": "STAGING_ETL_CSV_DIR",
            "stagng/*": "The nearest: staging/*.",
            "group:lokups": "The nearest: group:lookups",
            'key:"staging/zz*"': "`dagster asset list`",
            "staging/officer": "The nearest: staging/officers",
            "staging/arrests,staging/note": "The nearest: staging/notes",
        }),
        ("dg launch --assets", {"staging/arests": "The nearest: staging/arrests"}),
    ],
    ids=["dagster", "dg"],
)  # fmt: skip
def test_a_selection_of_nothing_builds_nothing_and_names_the_nearest(
    typed: dict[str, str], witness: Connection, command: str, said: dict[str, str]
) -> None:
    run = run_forked if command.startswith("dagster ") else run_typed
    for selection, advice in said.items():
        ran = run(f"{command} '{selection}'", typed)
        assert ran.returncode == 1
        told = ran.stderr.splitlines()[-1]
        assert told.startswith(f"Error: --select {selection.split(',')[-1]}: selects nothing. ")
        assert advice in told
        assert "Traceback" not in ran.stdout + ran.stderr
    assert count(witness, "select count(*) from pg_namespace where nspname like 'staging%'") == 0


def test_a_run_that_cannot_begin_says_why_on_the_screen(
    typed: dict[str, str], database: Server, witness: Connection
) -> None:
    with closing(database.connect("in the way", autocommit=True)) as other:
        with other.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s, hashtext('staging'))", (LOCK_SPACE,))
        ran = run_forked(LITERAL, typed)
    assert ran.returncode == 1
    assert ran.stdout.startswith("FAILED: schema staging: run in the way (server process ")
    assert "Wait until it has ended" in ran.stdout


def test_a_file_of_ones_own_is_loaded_when_it_is_named(
    typed: dict[str, str], tmp_path: Path
) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "import dagster as dg\n@dg.asset\ndef mine():\n    ...\ndefs = dg.Definitions([mine])\n"
    )
    ran = run_forked(f"dagster asset list -f '{own}'", typed)
    assert ran.stdout.split() == ["mine"], ran.stderr
    assert run_forked(f"dagster asset materialize --select mine -f '{own}'", typed).returncode == 0


@pytest.mark.parametrize("command", ["dagster definitions validate", "dg check defs"])
def test_validation_lists_every_problem_and_no_stack(typed: dict[str, str], command: str) -> None:
    run = run_forked if command.startswith("dagster ") else run_typed
    folder = Path(typed["STAGING_SQL_DIR"])
    (folder / "populate_tables/demo/POPULATE-staging-ghost.sql").write_text("select 1;")
    (folder / "create_tables/CREATE-staging-notes.sql").write_text("create table staging.other ();")
    ran = run(command, typed)
    screen = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert "POPULATE-staging-ghost.sql:1:1: " in screen
    assert "CREATE-staging-notes.sql:1:" in screen
    assert "Stack Trace" not in screen
    assert "Traceback" not in screen


def test_a_sound_folder_is_valid(typed: dict[str, str]) -> None:
    assert run_forked("dagster definitions validate", typed).returncode == 0


def test_the_schema_is_called_what_the_setting_says(
    typed: dict[str, str], witness: Connection
) -> None:
    name = 'Odd "name"; drop schema etl'
    ran = run_forked(LITERAL, {**typed, "STAGING_SCHEMA": name, "STAGING_KEY_PREFIX": ""})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    with witness.cursor() as cursor:
        cursor.execute("select nspname from pg_namespace where nspname in (%s, 'staging')", [name])
        assert cursor.fetchall() == [(name,)]
    assert count(witness, "select count(*) from etl.arrests") == 3


def test_checks_alone_build_nothing_and_fail_when_one_fails(
    typed: dict[str, str], witness: Connection
) -> None:
    checks = "dagster job execute -j staging_checks"
    assert run_forked(LITERAL, typed).returncode == 0
    ran = run_forked(checks, typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    with witness.cursor() as cursor:
        cursor.execute("truncate staging.arrests")
    ran = run_forked(checks, typed)
    assert ran.returncode != 0
    assert "table_not_empty on staging/arrests" in ran.stdout + ran.stderr
    assert count(witness, "select count(*) from staging.arrests") == 0


def test_all_tables_can_be_created_empty(typed: dict[str, str], witness: Connection) -> None:
    ran = run_forked("dagster job execute -j create_all_staging_tables", typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert count(witness, "select count(*) from pg_tables where schemaname = 'staging'") == 4
    assert count(witness, "select count(*) from staging.arrests") == 0


def test_csv_files_become_sources_that_can_be_materialized(
    typed: dict[str, str], tmp_path: Path, witness: Connection
) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "officers.csv").write_text("badge,race\na,1\n")
    (folder / "arrests.csv").write_text("n,badge\n1,a\n2,a\n")
    typed = {**typed, "STAGING_ETL_CSV_DIR": str(folder)}
    ran = run_forked("dagster asset materialize --select etl/*", typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert count(witness, "select count(*) from etl.arrests") == 2
    assert "etl/arrests" in ran.stdout


def test_a_stray_csv_file_fails_alone(
    typed: dict[str, str], tmp_path: Path, witness: Connection
) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    for name, text in {
        **{"arrests.csv": "n,badge\n1,a\n", "ARRESTS.csv": "n,badge\n9,z\n"},
        **{"x" * 70 + ".csv": "a\n1\n", "---.csv": "a\n1\n", "Größe.csv": "a\n1\n"},
        **{"semicolons.csv": "a;b\n1;2\n", "open.csv": 'a,b\n1,"2\n3,4\n'},
    }.items():
        (folder / name).write_text(text)
    typed = {**typed, "STAGING_ETL_CSV_DIR": str(folder)}
    ran = run_forked(LITERAL, typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert count(witness, "select count(*) from staging.arrests") == 3
    ran = run_forked("dagster asset materialize --select etl/*", typed)
    assert ran.returncode == 1
    assert "ARRESTS.csv: it becomes table arrests, and so does arrests.csv" in ran.stdout
    assert "open.csv:2: a quote opens here and is never closed" in ran.stdout
    assert "---.csv: the name of its table would be empty" in ran.stdout
    assert "the name of its table would be longer than 63 bytes" in ran.stdout
    assert "semicolons.csv:1: the columns are separated by ';'" in ran.stdout
    assert count(witness, "select count(*) from etl.arrests") == 3
    assert count(witness, "select count(*) from etl.grosse") == 1


def test_a_candidate_is_promoted_and_taken_back(typed: dict[str, str], witness: Connection) -> None:
    promote = "dagster job execute -j promote_staging"
    assert run_forked(LITERAL, typed).returncode == 0
    ran = run_forked(promote, typed)
    assert ran.returncode != 0
    assert "staging_next: there is no such schema to promote" in ran.stderr
    with witness.cursor() as cursor:
        cursor.execute("delete from etl.arrests where n = 3")
    config = (
        """--config-json '{"ops": {"staging_build": {"config": {"schema": "staging_next"}}}}'"""
    )
    ran = run_forked(f"{LITERAL} {config}", typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    arrests = "select count(*) from staging.arrests"
    assert count(witness, arrests) == 3
    ran = run_forked(promote, typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert count(witness, arrests) == 2
    assert count(witness, "select length(staging.clean(' a '))") == 1
    assert run_forked("dagster job execute -j rollback_staging", typed).returncode == 0
    assert count(witness, arrests) == 3


@pytest.mark.parametrize("rebuild", ["missing", "changed"])
def test_what_is_done_is_left_alone_when_asked_to(typed: dict[str, str], rebuild: str) -> None:
    told = json.dumps({"ops": {"staging_build": {"config": {"rebuild": rebuild}}}})
    config = f"--config-json '{told}'"
    assert run_forked(LITERAL, typed).returncode == 0
    ran = run_forked(f"{LITERAL} {config}", typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "staging/arrests" in ran.stdout
    assert " unchanged, 0 failed, 0 skipped" in ran.stdout
