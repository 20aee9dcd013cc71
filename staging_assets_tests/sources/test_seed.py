"""A department's own sources are made once, all or nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import BuildError, ScriptError
from staging_assets.postgres.client.server import Server
from staging_assets.sources.seed import seed_demo
from staging_assets_tests.support.folders import make_project

Ask = Callable[[str], list[tuple[object, ...]]]
SQL = Path(__file__).parents[2] / "sql"
SCRIPTS = {
    "etl/demo/10_first.sql": (
        "\ufeffcreate schema etl; create table etl.scale as\n"
        "select current_setting('staging_assets.demo_scale') as scale, 100 % 7 as rest;"
    ),
    "etl/demo/20_second.sql": "insert into etl.scale values ('%s');",
    "etl/other/10.sql": "create schema other;",
}


@pytest.fixture
def ask(witness: Connection) -> Ask:
    def run(text: str) -> list[tuple[object, ...]]:
        with witness.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []

    return run


def test_scripts_run_in_order_with_the_scale(database: Server, ask: Ask, tmp_path: Path) -> None:
    folder = make_project(tmp_path, SCRIPTS)
    assert seed_demo(database, folder, "demo", 0.25) is True
    assert ask("select scale, rest from etl.scale order by rest") == [("0.25", 2), ("%s", None)]
    assert seed_demo(database, folder, "demo", 9) is False
    assert ask("select count(*) from etl.scale") == [(2,)]


def test_a_department_without_scripts_is_left_alone(
    database: Server, ask: Ask, tmp_path: Path
) -> None:
    assert seed_demo(database, make_project(tmp_path, SCRIPTS), "nowhere", 1) is False
    assert ask("select to_regnamespace('etl')") == [(None,)]


def test_a_script_that_fails_leaves_nothing_and_is_told_with_its_line(
    database: Server, ask: Ask, tmp_path: Path
) -> None:
    broken = {**SCRIPTS, "etl/demo/30_third.sql": "select 1;\nselect nonsense;\n"}
    with pytest.raises(ScriptError, match=r'30_third\.sql:2:8: column "nonsense" does not exist'):
        seed_demo(database, make_project(tmp_path, broken), "demo", 1)
    assert ask("select to_regnamespace('etl')") == [(None,)]


def test_a_script_that_cannot_be_read_is_told(database: Server, tmp_path: Path) -> None:
    folder = make_project(tmp_path, SCRIPTS)
    (folder / "etl/demo/05.sql").write_bytes(b"select '\xff'")
    with pytest.raises(BuildError, match=r"05\.sql: it is not UTF-8"):
        seed_demo(database, folder, "demo", 1)


def test_two_processes_at_once_make_it_once(database: Server, ask: Ask, tmp_path: Path) -> None:
    slow = {**SCRIPTS, "etl/demo/15.sql": "select pg_sleep(1);"}
    folder = make_project(tmp_path, slow)
    code = (
        "import sys; from pathlib import Path;"
        "from staging_assets.postgres.client.server import Server;"
        "from staging_assets.sources.seed import seed_demo;"
        "print(seed_demo(Server(sys.argv[1]), Path(sys.argv[2]), 'demo', 1))"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, database.dsn, str(folder)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert sorted(process.communicate(timeout=60)[0].strip() for process in both) == [
        "False",
        "True",
    ]
    assert ask("select count(*) from etl.scale") == [(2,)]


def test_the_demo_departments_sources_are_made(database: Server, ask: Ask) -> None:
    assert seed_demo(database, SQL, "demo", 0.01) is True
    (count,) = ask("select count(*) from pg_tables where schemaname = 'etl'")[0]
    assert isinstance(count, int)
    assert count > 5
