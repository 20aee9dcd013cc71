"""Cleanups written for pg_tools run unchanged: its module, its rows, its way with names."""

from __future__ import annotations

import copy
import pickle
import sys
import threading
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.builder import PostgresWrangler
from staging_assets.builder.cleanups.pg_tools import offering_pg_tools
from staging_assets.builder.cleanups.rows import NamedRow
from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build, build_all, load, tables

TABLE = (
    'create table staging.w (id int, two int, s text, "Pct %" int);',
    "insert into staging.w values (1, 2, null, 5), (3, 4, null, 6);",
)


@pytest.fixture
def pgw(database: Server, witness: Connection) -> PostgresWrangler:
    ask(witness, "create schema staging; " + TABLE[0] + TABLE[1])
    return PostgresWrangler(database)


def clean(server: Server, folder: Path, *lines: str, schema: str = "staging") -> str | None:
    """Build the table with a cleanup of these lines; return what is told when that fails."""
    body = "\n".join(f"    {line}" for line in lines)
    files = {
        **tables(w=TABLE),
        "populate_tables/demo/staging-w-cleanup.py": (
            f"import pg_tools\nfrom pg_tools import PGWrangler\ndef main(pgw):\n{body}\n"
        ),
    }
    return build(server, load(folder, files), schema=schema)["w_cleanup"].message


@pytest.mark.parametrize("schema", ["staging", "other"])
def test_a_cleanup_that_imports_pg_tools_runs(
    database: Server, witness: Connection, tmp_path: Path, schema: str
) -> None:
    told = clean(
        database,
        tmp_path,
        "assert isinstance(pgw, PGWrangler) and isinstance(pgw, pg_tools.PGWrangler)",
        "assert pg_tools.PGWrangler(dbname='x', password='y') is pgw",
        "first = pgw.execute('select id, two from staging.w order by id')[0]",
        "assert first['two'] == 2 and list(first.values()) == [1, 2]",
        "assert dict(first) == {'id': 1, 'two': 2}",
        "for column in sorted(pgw.get_column_names('w', 'staging')):",
        "    if column == '\"two\"':",
        "        pgw.cast_column(column, 'w', 'staging', 'text')",
        "assert pgw.engine.execute('select count(*) from staging.w').scalar() == 2",
        "pgw.execute(\"update staging.w set s = two || 'x'\")",
        schema=schema,
    )
    assert told is None
    assert ask(witness, f"select id, two, s from {schema}.w order by 1") == [
        (1, "2", "2x"),
        (3, "4", "4x"),
    ]
    assert "pg_tools" not in sys.modules


def test_what_pg_tools_did_not_have_is_told_with_its_line(database: Server, tmp_path: Path) -> None:
    told = clean(database, tmp_path, "pg_tools.get_everything()") or ""
    assert "staging-w-cleanup.py:4: AttributeError: module 'pg_tools' has no attribute" in told


def test_two_cleanups_at_once_have_their_own_wranglers(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(witness, "create schema meet; create table meet.there (who text)")
    script = (
        "import time\nimport pg_tools\n"
        "def main(pgw):\n"
        "    for _ in range(20):\n"
        "        assert pg_tools.PGWrangler() is pgw\n"
        "        time.sleep(0.02)\n"
        "    pgw.execute('update staging.{0} set done = true')\n"
    )
    files = tables(
        **{
            name: (
                f"create table staging.{name} (done bool);",
                f"insert into staging.{name} values (null);",
            )
            for name in "ab"
        }
    )
    for name in "ab":
        files[f"populate_tables/demo/staging-{name}-cleanup.py"] = script.format(name)
    build_all(database, load(tmp_path, files))
    assert ask(witness, "select (select done from staging.a) and (select done from staging.b)")


def test_a_pg_tools_that_is_installed_is_there_again_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = type(sys)("pg_tools")
    monkeypatch.setitem(sys.modules, "pg_tools", installed)
    with offering_pg_tools("mine", str):
        import pg_tools

        assert pg_tools is not installed
        assert pg_tools.PGWrangler() == "mine"
        failures: list[BaseException] = []

        def elsewhere() -> None:
            try:
                pg_tools.PGWrangler()
            except RuntimeError as error:
                failures.append(error)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert len(failures) == 1
    assert sys.modules["pg_tools"] is installed


def test_a_row_is_a_tuple_that_knows_its_names() -> None:
    row = NamedRow((1, "x", 3), ("id", "count", "id"))
    assert row == (1, "x", 3)
    assert row[0] == row["id"] == row.id == 1
    assert row["count"] == "x"
    assert row[-1] == 3
    assert row[1:] == ("x", 3)
    assert row.keys() == ["id", "count", "id"]
    assert row.values() == [1, "x", 3]
    assert row.items() == [("id", 1), ("count", "x"), ("id", 3)]
    assert dict(row) == row._asdict() == {"id": 1, "count": "x"}
    assert row.has_key("count")
    assert list(row) == [1, "x", 3]
    first, *_ = row
    assert first == 1
    for again in (copy.copy(row), copy.deepcopy(row), pickle.loads(pickle.dumps(row))):
        assert again["count"] == "x"
    with pytest.raises(KeyError):
        row["nope"]
    with pytest.raises(AttributeError):
        row.nope  # noqa: B018
    with pytest.raises(IndexError):
        row[3]


def test_rows_make_a_data_frame(pgw: PostgresWrangler) -> None:
    rows = pgw.execute("select id, two from staging.w order by id")
    frame = pd.DataFrame(rows, columns=rows[0].keys())  # type: ignore[index]
    assert frame.to_dict("list") == {"id": [1, 3], "two": [2, 4]}
    assert pd.DataFrame([dict(row) for row in rows or []]).equals(frame)


def test_the_engine_executes_and_commits(pgw: PostgresWrangler, witness: Connection) -> None:
    result = pgw.engine.execute("select id, two from staging.w order by id")  # type: ignore[attr-defined]
    assert result.keys() == ["id", "two"]
    assert result.fetchone()["two"] == 2
    assert [row.id for row in result] == [3]
    assert result.fetchall() == []
    execute = pgw.engine.execute  # type: ignore[attr-defined]
    assert execute("select 5 % 3").scalar() == 2
    assert execute("select two from staging.w where id = %s", (3,)).first() == (4,)
    assert execute("select two from staging.w where id = %(id)s", {"id": 1}).scalar() == 2
    assert execute("select 1 where false").first() is None
    assert execute("update staging.w set s = '100%'").rowcount == 2
    assert ask(witness, "select distinct s from staging.w") == "100%"


def test_names_are_taken_in_quotes_and_folded_as_in_sql(
    pgw: PostgresWrangler, witness: Connection
) -> None:
    for column, table, schema in (
        *(("two", "w", "staging"), ("TWO", "W", "Staging"), ('"two"', '"w"', '"staging"')),
    ):
        assert pgw.check_column_exists(column, table, schema)
        assert pgw.get_column_type(column, table, schema) == "integer"
        assert pgw.check_column_is_not_null(column, table, schema)
        assert pgw.check_table_has_nrows(table, schema, 2)
    assert not pgw.check_column_exists('"TWO"', "w", "staging")
    assert not pgw.check_table_exists('"W"', "staging")
    for number, column in enumerate(('"Pct %"', "Pct %", "ID")):
        kind = ("bigint", "numeric", "text")[number]
        pgw.cast_column(column, "w", "staging", kind)
        assert pgw.get_column_type(column, "w", "staging") == kind
    pgw.copy_table('"w"', "staging", "public")
    assert ask(witness, "select count(*) from public.w") == 2


def test_a_percent_sign_in_a_name_is_a_character(
    pgw: PostgresWrangler, witness: Connection
) -> None:
    ask(witness, "create table staging.r (id int); insert into staging.r values (1)")
    ask(witness, 'create table staging."a%s" ("b%(c)s" int); insert into staging."a%s" values (1)')
    assert pgw.check_table_has_nrows("a%s", "staging", 1)
    assert pgw.check_column_is_not_null("b%(c)s", "a%s", "staging")
    pgw.left_join(
        "w", "r", "ID", '"id"', "staging", "staging", "public.j", cond=('"Pct %"', (0, 5))
    )
    assert ask(witness, 'select id, "Pct %", r__id from public.j') == [(1, 5, 1)]
    pgw.left_join("a%s", "w", "b%(c)s", "id", "staging", "staging", "public.k")
    assert ask(witness, "select count(*) from public.k") == 1
    assert pgw.drop_empty_columns("a%s", "staging") == ['"b%(c)s"']


def test_values_are_no_sql(pgw: PostgresWrangler, witness: Connection) -> None:
    ask(witness, "create table staging.r (id int, n text); insert into staging.r values (1, 'x')")
    pgw.left_join(
        *("r", "w", "id", "id", "staging", "staging", "public.j"),
        cond=("n", ("' or true --", "x'; drop table staging.w; --")),
    )
    assert ask(witness, "select count(*) from public.j") == 1
    assert ask(witness, "select count(*) from staging.w") == 2


def test_a_cleanup_on_postgres_15(database15: Server, tmp_path: Path) -> None:
    assert clean(database15, tmp_path, "pgw.cast_column('\"two\"', 'w', 'staging', 'text')") is None
    with closing(database15.connect("witness", autocommit=True)) as connection:
        assert ask(connection, "select min(two) from staging.w") == "2"
