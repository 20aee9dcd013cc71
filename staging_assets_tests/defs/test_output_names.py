"""Names that Dagster refuses: the assets and checks are called by them all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask
from staging_assets_tests.support.commands import find_environment
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.forked import run_forked

NAMES = ["a$b", "a b", "a-b", "a_b", "größe", "Ünï", "日本", "a.b", "a:b", "100%", "it's"]
LITERAL = "dagster asset materialize --select staging/*"


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def write_folder(folder: Path) -> Path:
    """A table for each of the names, all reading `etl."x$y"`, with checks of odd columns."""
    files = {
        "create_stored_procedures/my functions (v2).sql": (
            "create or replace function staging.one() returns int language sql as 'select 1';"
        ),
        "create_tables/CREATE-staging-t.sql": "create table staging.t (u_v int, größe int);",
        "create_tables/CREATE-staging-t_u.sql": "create table staging.t_u (v int);",
        "populate_tables/demo/POPULATE-staging-t.sql": "insert into staging.t values (1, 2);",
        "populate_tables/demo/POPULATE-staging-t_u.sql": "insert into staging.t_u values (1);",
        "populate_tables/demo/staging-a b-cleanup.py": (
            'def main(pgw):\n    pgw.execute(\'update staging."a b" set "c d" = 7\')\n'
        ),
        "staging.yaml": (
            "cleanups: {'a b': 'c d'}\n"
            "checks:\n"
            "  t: [{not_null: u_v}, {not_null: größe}]\n"
            "  t_u: [{not_null: v}]\n"
            "  a$b: [{unique: c d}]\n"
        ),
    }
    for name in NAMES:
        files[f"create_tables/CREATE-staging-{name}.sql"] = (
            f'create table staging.{quote(name)} (id int primary key, "c d" int);'
        )
        files[f"populate_tables/demo/POPULATE-staging-{name}.sql"] = (
            f'insert into staging.{quote(name)} select staging.one(), n from etl."x$y";'
        )
    return make_project(folder / "sql", files)


@pytest.fixture
def typed(database: Server, tmp_path: Path, staging_home: Path) -> dict[str, str]:
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "Größe $1.csv").write_text("n\n1\n")
    return find_environment(
        STAGING_DATABASE_URL=database.dsn,
        STAGING_SQL_DIR=str(write_folder(tmp_path)),
        STAGING_HOME=str(staging_home),
        STAGING_ETL_CSV_DIR=str(folder),
    )


def test_tables_are_called_as_postgres_allows(typed: dict[str, str], witness: Connection) -> None:
    ask(
        witness,
        'create schema etl; create table etl."x$y" (n int); insert into etl."x$y" values (5)',
    )
    listed = run_forked("dagster asset list", typed)
    assert listed.returncode == 0, listed.stderr
    ran = run_forked(LITERAL, typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for name in NAMES:
        assert f"staging/{name}\n" in listed.stdout
        assert f"staging/{name} " in ran.stdout
        value = 7 if name == "a b" else 5
        assert ask(witness, f'select "c d" from staging.{quote(name)}') == value
    for name in ("a$b", "größe", "it's", "a-b"):
        one = run_forked(
            f"""dagster asset materialize --select 'key:"staging/{name}"'""".replace(
                "it's", "it'\\''s"
            ),
            typed,
        )
        assert one.returncode == 0, one.stdout + one.stderr
        assert "1 built" in one.stdout
    ran = run_forked("dagster job execute -j staging_checks", typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    ask(
        witness,
        'insert into staging."a$b" values (8, 5), (9, 5); update staging.t set größe = null',
    )
    ran = run_forked("dagster job execute -j staging_checks", typed)
    assert ran.returncode == 1
    said = ran.stdout + ran.stderr
    assert "gr_e_not_null on staging/t:" in said, said[-3000:]
    assert "c_d_unique on staging/a$b:" in said


def test_csv_files_too(typed: dict[str, str], witness: Connection) -> None:
    ran = run_forked("dagster asset materialize --select etl/*", typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ask(witness, "select n from etl.grosse_1") == "1"


def test_plain_names_leave_dagster_as_it_is() -> None:
    code = (
        "import dagster as dg; before = dg.AssetKey.to_python_identifier;"
        "from staging_assets.defs.dagster_patches.output_names import find_output_names as find;"
        "find([dg.AssetKey(['staging', 'a-b']), dg.AssetKey(['staging', 'c'])]);"
        "assert dg.AssetKey.to_python_identifier is before;"
        "find([dg.AssetKey(['staging', 'a-b']), dg.AssetKey(['staging', 'a_b'])]);"
        "names = [dg.AssetKey(['staging', n]).to_python_identifier() for n in ('a-b', 'a_b', 'c')];"
        "print(names[0], names[1], names[2])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second, third = done.stdout.split()
    assert (first, third) == ("staging__a_b", "staging__c")
    assert second.startswith("staging__a_b_")
