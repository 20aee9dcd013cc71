"""Cleanup scripts: everything they do is in the one transaction that the caller opened."""

from __future__ import annotations

import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.builder.cleanups.run import run_cleanup
from staging_assets.errors import BuildError
from staging_assets.model import Script
from staging_assets.postgres.client.server import Server

Ask = Callable[[str], list[tuple[object, ...]]]

pytestmark = pytest.mark.also_one_statement

SCHEMA = "staging_dev"


@pytest.fixture
def ask(witness: Connection) -> Ask:
    def run(text: str) -> list[tuple[object, ...]]:
        with witness.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []

    run("create schema staging_dev; create table staging_dev.t (a int primary key, b text)")
    run("insert into staging_dev.t values (1, 'one'), (2, 'two')")
    return run


@pytest.fixture
def connection(database: Server) -> Iterator[Connection]:
    with closing(database.connect("cleanup")) as connection:
        yield connection


def write(body: str) -> Script:
    text = "import pandas as pd\nimport sqlalchemy as sa\n\n\ndef main(pgw):\n"
    text += textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"
    path = Path("/scripts/staging-t-cleanup.py")
    return Script(path, "sql/staging-t-cleanup.py", text)


def run(connection: Connection, database: Server, body: str) -> None:
    run_cleanup(connection, write(body), SCHEMA, server=database)


def values(connection: Connection) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("select a, b from staging_dev.t order by a")
        return cursor.fetchall()


def test_nothing_is_seen_outside_until_the_caller_commits(
    connection: Connection, database: Server, ask: Ask
) -> None:
    run(
        connection,
        database,
        """
        pgw.execute("update staging.t set b = upper(b) where b like '%o%'")
        pd.DataFrame({"a": [3, 4]}).to_sql("t", pgw.engine, schema="staging", index=False,
                                           if_exists="append")
        with pgw.engine.begin() as c:
            c.execute(sa.text("update staging.t set b = 'new' where a = :a"), {"a": 3})
        with pgw.engine.connect() as c:
            c.execute(sa.text("delete from staging.t where a = 4"))
            c.commit()
        """,
    )
    assert ask("select b from staging_dev.t order by a") == [("one",), ("two",)]
    connection.commit()
    assert ask("select a, b from staging_dev.t order by a") == [
        (1, "ONE"),
        (2, "TWO"),
        (3, "new"),
    ]


def test_a_caller_that_rolls_back_leaves_all_as_it_was(
    connection: Connection, database: Server, ask: Ask
) -> None:
    run(
        connection,
        database,
        """
        pgw.execute("create table staging.extra (a int); drop table staging.t; commit")
        pgw.execute("begin; insert into staging.extra values (1); commit;")
        raw = pgw.engine.raw_connection()
        raw.cursor().execute("insert into staging.extra values (2)")
        raw.commit()
        raw.close()
        assert pgw.execute("select a from staging.extra order by a") == [(1,), (2,)]
        """,
    )
    connection.rollback()
    assert ask("select count(*) from staging_dev.t") == [(2,)]
    assert ask("select to_regclass('staging_dev.extra')") == [(None,)]


def test_a_session_begun_in_sql_on_an_autocommit_connection_will_do(
    database: Server, ask: Ask
) -> None:
    with closing(database.connect("cleanup", autocommit=True)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("begin")
        run(connection, database, 'pgw.execute("delete from staging.t")')
        assert ask("select count(*) from staging_dev.t") == [(2,)]
        with connection.cursor() as cursor:
            cursor.execute("commit")
        assert ask("select count(*) from staging_dev.t") == [(0,)]


def test_a_rollback_of_the_script_takes_back_what_is_not_committed(
    connection: Connection, database: Server, ask: Ask
) -> None:
    run(
        connection,
        database,
        """
        with pgw.engine.connect() as c:
            c.execute(sa.text("update staging.t set b = 'kept' where a = 1"))
            c.commit()
            c.execute(sa.text("update staging.t set b = 'lost' where a = 2"))
            c.rollback()
        with pgw.engine.connect() as c:
            c.execute(sa.text("update staging.t set b = 'lost too' where a = 2"))
        try:
            with pgw.engine.begin() as c:
                c.execute(sa.text("delete from staging.t"))
                raise LookupError
        except LookupError:
            pass
        pgw.execute("delete from staging.t; rollback; update staging.t set b = b || '!'")
        left_open = pgw.engine.connect()
        left_open.execute(sa.text("delete from staging.t"))
        """,
    )
    assert values(connection) == [(1, "kept!"), (2, "two!")]


def test_the_script_may_go_on_after_an_error_that_it_catches(
    connection: Connection, database: Server, ask: Ask
) -> None:
    run(
        connection,
        database,
        """
        pgw.execute("update staging.t set b = 'before'")
        try:
            pgw.execute("insert into staging.t values (1)")
        except sa.exc.IntegrityError:
            pgw.execute("insert into staging.t values (9, 'after')")
        """,
    )
    assert values(connection) == [(1, "before"), (2, "before"), (9, "after")]


def test_connections_may_be_nested(connection: Connection, database: Server, ask: Ask) -> None:
    run(
        connection,
        database,
        """
        with pgw.engine.begin() as outer:
            outer.execute(sa.text("update staging.t set b = 'outer' where a = 1"))
            pgw.execute("update staging.t set b = 'inner' where a = 2")
            with outer.begin_nested():
                outer.execute(sa.text("insert into staging.t values (3, 'nested')"))
        """,
    )
    assert values(connection) == [(1, "outer"), (2, "inner"), (3, "nested")]


def test_what_cannot_be_told_apart_is_refused(
    connection: Connection, database: Server, ask: Ask
) -> None:
    with pytest.raises(BuildError, match="another one was in use"):
        run(
            connection,
            database,
            """
            one, two = pgw.engine.connect(), pgw.engine.connect()
            one.execute(sa.text("update staging.t set b = 'one'"))
            two.execute(sa.text("update staging.t set b = 'two'"))
            one.rollback()
            """,
        )


def test_autocommit_engines_stay_in_the_transaction(
    connection: Connection, database: Server, ask: Ask
) -> None:
    run(
        connection,
        database,
        """
        with pgw.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
            c.execute(sa.text("delete from staging.t where a = 1"))
            c.commit()
        """,
    )
    assert ask("select count(*) from staging_dev.t") == [(2,)]
    assert values(connection) == [(2, "two")]


def test_many_rows_by_pandas_and_copy(connection: Connection, database: Server, ask: Ask) -> None:
    run(
        connection,
        database,
        """
        import io
        from psycopg2.extras import execute_values
        frame = pd.DataFrame({"a": range(3_000), "b": ["staging.t"] * 3_000})
        frame.to_sql("t", pgw.engine, schema="staging", index=False, if_exists="replace",
                     chunksize=1_000, method="multi")
        raw = pgw.engine.raw_connection()
        with raw.cursor() as cursor:
            cursor.copy_expert("copy staging.t from stdin", io.StringIO("5000\\tstaging.t\\n"))
            execute_values(cursor, "insert into staging.t values %s", [(5001, "staging.t")])
        raw.commit()
        """,
    )
    with connection.cursor() as cursor:
        cursor.execute("select b, count(*) from staging_dev.t group by b")
        assert cursor.fetchall() == [("staging.t", 3_002)]


def test_cursors_of_every_kind_work_in_the_transaction(
    connection: Connection, database: Server, ask: Ask
) -> None:
    ask("create function staging_dev.one() returns int language sql as 'select 1'")
    run(
        connection,
        database,
        """
        from psycopg2 import sql
        from psycopg2.extras import NamedTupleCursor, RealDictCursor
        raw = pgw.engine.raw_connection()
        with raw.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute("update staging.t set b = 'new' where a = 1 returning b")
            assert cursor.fetchall() == [{"b": "new"}]
            cursor.callproc("staging.one")
            assert list(cursor.fetchone().values()) == [1]
        with raw.cursor("named", cursor_factory=NamedTupleCursor) as cursor:
            cursor.execute(sql.SQL("select a from {}").format(sql.Identifier("staging", "t")))
            assert sorted(row.a for row in cursor) == [1, 2]
        raw.rollback()
        with raw.cursor() as cursor:
            cursor.executemany("delete from staging.t where a = %s", [(2,), (3,)])
        raw.commit()
        """,
    )
    assert values(connection) == [(1, "one")]


def test_main_runs_in_a_module_of_its_own(
    connection: Connection, database: Server, ask: Ask
) -> None:
    text = textwrap.dedent(
        """
        from __future__ import annotations
        import dataclasses, os

        @dataclasses.dataclass
        class Row:
            a: int

        def main(pgw):
            assert __name__ != "__main__"
            assert os.path.basename(__file__) == "staging-t-cleanup.py"
            pgw.execute(f"delete from staging.t where a = {Row(1).a}")

        if __name__ == "__main__":
            raise SystemExit("not imported")
        """
    )
    before = set(sys.modules)
    script = Script(Path("/x/staging-t-cleanup.py"), "x", text)
    run_cleanup(connection, script, SCHEMA, server=database)
    assert values(connection) == [(2, "two")]
    assert not [name for name in set(sys.modules) - before if "cleanup" in name]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("x = 1\nraise ValueError('row value 12345')", ":7: ValueError"),
        ("import nothing_of_that_name", ":6: ModuleNotFoundError: No module named"),
        ("raise SystemExit(2)", ":6: it left with sys.exit"),
        (
            "pgw.execute('select nonsense')",
            r':6: column "nonsense" does not exist \(SQLSTATE 42703',
        ),
        (
            "pgw.execute('''insert into staging.t values (1, 'row' || 'value')''')",
            r":6: duplicate key value .* \(SQLSTATE 23505",
        ),
        (
            "pgw.execute('''update staging.t set b = 'row value 12345'; select b::int "
            "from staging.t''')",
            r":6: invalid input syntax for type integer: \"…\" \(SQLSTATE 22P02",
        ),
        ("def inner():\n    return 1 // 0\ninner()", ":7: ZeroDivisionError"),
        ("{}['row value 12345']", ":6: KeyError"),
        ("pgw.copy_table('nothing', 'staging', 'x')", r":6: BuildError: staging_dev\.nothing"),
    ],
)
def test_an_error_names_the_line_and_no_value(
    connection: Connection, database: Server, ask: Ask, body: str, told: str
) -> None:
    with pytest.raises(BuildError, match=f"^sql/staging-t-cleanup.py{told}") as caught:
        run(connection, database, body)
    assert str(caught.value).endswith("Nothing of it was kept.")
    text = "".join(traceback.format_exception(caught.value))
    assert "Key (a)" not in text
    assert "row value 12345" not in "\n".join(
        line for line in text.splitlines() if body.splitlines()[-1] not in line
    )


def test_a_script_without_main_or_with_bad_syntax_is_told(
    connection: Connection, database: Server
) -> None:
    for text, told in (("x = 1", r"no main\(pgw\)"), ("def main(pgw:\n", r"t\.py:1: SyntaxError")):
        with pytest.raises(BuildError, match=told):
            script = Script(Path("/x/t.py"), "t.py", text)
            run_cleanup(connection, script, SCHEMA, server=database)


def test_leaving_with_exit_code_0_is_an_end(
    connection: Connection, database: Server, ask: Ask
) -> None:
    run(connection, database, "pgw.execute('delete from staging.t')\nraise SystemExit(0)")
    assert values(connection) == []


def test_a_command_that_waits_for_the_script_itself_ends(
    connection: Connection, database: Server, ask: Ask
) -> None:
    from dataclasses import replace

    from staging_assets.settings import SessionSettings

    impatient = replace(database, sessions=SessionSettings(lock_timeout="200ms"))
    run(
        connection,
        impatient,
        """
        pgw.execute("update staging.t set b = 'mine'")
        out = pgw.shell(["psql", "-c", "update staging_dev.t set b = 'theirs'"])
        assert b"lock timeout" in out, out
        """,
    )
    assert values(connection) == [(1, "mine"), (2, "mine")]
