"""PostgresWrangler: the interface of pg_tools, on connections of its own."""

from __future__ import annotations

import datetime
import logging
import traceback
from collections.abc import Callable
from contextlib import closing

import pandas as pd
import pytest
import sqlalchemy
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import RealDictCursor

from staging_assets.builder.cleanups.wrangler import PostgresWrangler
from staging_assets.errors import BuildError
from staging_assets.postgres.client.server import Server

Ask = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def ask(witness: Connection) -> Ask:
    """Run SQL as an independent session; return its rows."""

    def run(text: str) -> list[tuple[object, ...]]:
        with witness.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def pgw(database: Server, ask: Ask) -> PostgresWrangler:
    ask("create schema staging")
    return PostgresWrangler(database)


@pytest.fixture
def dev(database: Server, ask: Ask) -> PostgresWrangler:
    ask("create schema staging_dev")
    return PostgresWrangler(database, "staging_dev")


# execute


def test_execute_returns_rows_as_a_list(pgw: PostgresWrangler) -> None:
    assert pgw.execute("select 1 as a, 'x' as b union all select 2, 'y' order by 1") == [
        (1, "x"),
        (2, "y"),
    ]
    assert pgw.execute("select 1 where false") == []


def test_execute_returns_none_where_there_are_no_rows(pgw: PostgresWrangler) -> None:
    assert pgw.execute("create table staging.t (a int)") is None
    assert pgw.execute("insert into staging.t values (1)") is None


@pytest.mark.parametrize(
    "statement",
    [
        "-- a comment first\ninsert into staging.t values (1)",
        "/* a comment /* nested */ first */ insert into staging.t values (1)",
        "do $$ begin insert into staging.t values (1); end $$",
        "with one as (select 1 as a) insert into staging.t select a from one",
        "select 1; insert into staging.t values (1)",
        "begin; insert into staging.t values (1); commit",
    ],
)
def test_execute_commits_whatever_the_first_word_is(
    pgw: PostgresWrangler, ask: Ask, statement: str
) -> None:
    ask("create table staging.t (a int)")
    pgw.execute(statement)
    assert ask("select a from staging.t") == [(1,)]


def test_execute_leaves_percent_signs_alone(pgw: PostgresWrangler) -> None:
    assert pgw.execute("select 'x' like 'x%', 7 % 4, '%%', '%s', '%(a)s', format('%I', 'A b')") == [
        (True, 3, "%%", "%s", "%(a)s", '"A b"')
    ]


def test_execute_raises_what_the_server_says(pgw: PostgresWrangler) -> None:
    with pytest.raises(sqlalchemy.exc.ProgrammingError, match="does not exist"):
        pgw.execute("select * from staging.missing")


def test_execute_takes_an_sqlalchemy_construct_too(pgw: PostgresWrangler) -> None:
    assert pgw.execute(sqlalchemy.text("select 1 % 2")) == [(1,)]


def test_staging_in_sql_is_the_real_schema(dev: PostgresWrangler, ask: Ask) -> None:
    dev.execute("create table staging.t (a text); insert into Staging.T values ('staging')")
    assert ask("select a from staging_dev.t") == [("staging",)]


def test_a_string_is_sent_along_where_it_is_a_name_and_stays_where_it_is_data(
    dev: PostgresWrangler, ask: Ask
) -> None:
    ask(
        "create table staging_dev.t (a text);"
        " create function staging_dev.count_of(label text, name text) returns text"
        " language plpgsql as $$ declare n int; begin"
        " execute 'select count(*) from ' || name into n; return label || n; end $$;"
        " create function public.is_table(name regclass) returns bool"
        " language sql as 'select true'"
    )
    dev.execute("insert into staging.t values ('staging.t'), ('staging.acme.com')")
    assert dev.execute("select a from staging.t order by 1") == [
        ("staging.acme.com",),
        ("staging.t",),
    ]
    for _ in range(2):
        assert dev.execute("select staging.count_of('staging.t', 'staging.t')") == [("staging.t2",)]
        assert dev.execute("select is_table('staging.t'), length('staging.t')") == [(True, 9)]
    count = "select count(*) from information_schema.tables where table_schema = 'staging'"
    assert dev.execute(count) == [(1,)]


# schemas and tables


@pytest.mark.parametrize("schema", ["100% sure", "%s", "a%%b"])
def test_a_percent_sign_in_the_schemas_name_is_no_format(database: Server, schema: str) -> None:
    pgw = PostgresWrangler(database, schema)
    pgw.recreate_schema("staging")
    pgw.execute("create table staging.t (a int, b text)")
    with pgw.engine.begin() as connection:
        insert = sqlalchemy.text("insert into staging.t values (:a, 'x%')")
        connection.execute(insert, {"a": 1})
        connection.execute(insert, [{"a": 2}, {"a": 3}])
    assert pgw.execute("select a from staging.t where b like 'x%' order by 1") == [(1,), (2,), (3,)]


def test_check_schema_exists(dev: PostgresWrangler) -> None:
    assert dev.check_schema_exists("staging") is True  # staging_dev is meant
    assert dev.check_schema_exists("nowhere") is False


def test_check_table_exists_is_true_of_tables_and_views(pgw: PostgresWrangler, ask: Ask) -> None:
    ask("create table staging.t (); create view staging.v as select 1 as a")
    assert pgw.check_table_exists("t", "staging") is True
    assert pgw.check_table_exists("v", "staging") is True
    assert pgw.check_table_exists("w", "staging") is False
    assert pgw.check_table_exists("t", "nowhere") is False


def test_a_name_that_is_not_there_as_given_is_looked_for_in_lower_case(
    pgw: PostgresWrangler, ask: Ask
) -> None:
    ask('create table staging.arrests (); create table staging."Mixed" ()')
    assert pgw.check_table_exists("Arrests", "staging") is True
    assert pgw.check_table_exists("Mixed", "staging") is True
    assert pgw.check_table_exists("mixed", "staging") is False


def test_check_table_has_nrows_means_at_least(pgw: PostgresWrangler, ask: Ask) -> None:
    ask("create table staging.t as select generate_series(1, 3)")
    assert [pgw.check_table_has_nrows("t", "staging", n) for n in (0, 1, 3, 4)] == [
        True,
        True,
        True,
        False,
    ]
    assert pgw.check_table_has_nrows("missing", "staging", 1) is False


def test_a_query_that_fails_is_no_answer(database: Server) -> None:
    wrong = Server(database.dsn.replace("user=postgres", "user=nobody_of_that_name"))
    assert wrong.dsn != database.dsn
    for question in (
        lambda pgw: pgw.check_schema_exists("public"),
        lambda pgw: pgw.check_table_exists("t", "public"),
        lambda pgw: pgw.check_column_exists("a", "t", "public"),
        lambda pgw: pgw.check_table_has_nrows("t", "public", 1),
    ):
        with pytest.raises(Exception, match="does not exist"):
            question(PostgresWrangler(wrong))


def test_drop_table_drops_what_is_there(pgw: PostgresWrangler, ask: Ask) -> None:
    ask('create table staging."Odd ""name" ()')
    pgw.drop_table('Odd "name', "staging")
    pgw.drop_table("missing", "staging")
    assert ask("select from pg_tables where schemaname = 'staging'") == []


def test_recreate_schema_drops_everything_and_says_so(
    dev: PostgresWrangler, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    ask("create table staging_dev.t (); create schema staging; create table staging.kept ()")
    with caplog.at_level(logging.WARNING):
        dev.recreate_schema("staging")
        dev.recreate_schema('new "one')
    assert "staging_dev is dropped" in caplog.text
    assert ask("select schemaname, tablename from pg_tables where schemaname ~ 'staging'") == [
        ("staging", "kept")
    ]
    assert dev.check_schema_exists('new "one')


def test_copy_table_takes_rows_constraints_and_indexes(pgw: PostgresWrangler, ask: Ask) -> None:
    ask(
        """
        create schema raw;
        create table raw."Arrests" ("Id" int primary key, age int check (age > 0), note text);
        create index on raw."Arrests" (note);
        insert into raw."Arrests" values (1, 20, 'a'), (2, null, null);
        """
    )
    pgw.copy_table("Arrests", "raw", "staging")
    assert ask("select * from staging.arrests order by 1") == [(1, 20, "a"), (2, None, None)]
    assert ask("select count(*) from pg_indexes where schemaname = 'staging'") == [(2,)]
    assert ask(
        "select contype::text from pg_constraint where conrelid = 'staging.arrests'::regclass "
        "and contype in ('c', 'p') order by 1"
    ) == [("c",), ("p",)]


def test_copy_table_leaves_a_copy_that_is_there(pgw: PostgresWrangler, ask: Ask) -> None:
    ask("create schema raw; create table raw.t as select 1 as a; create table staging.t (b int)")
    pgw.copy_table("t", "raw", "staging")
    assert ask("select * from staging.t") == []
    with pytest.raises(BuildError, match=r"raw\.missing: there is no such table"):
        pgw.copy_table("missing", "raw", "staging")


@pytest.fixture
def joined(dev: PostgresWrangler, ask: Ask) -> PostgresWrangler:
    ask(
        """
        create schema raw;
        create table staging_dev.people (id int, name text, "Born" date);
        create table raw.visits (id int, person int, at date);
        insert into staging_dev.people values (1, 'a', '1980-01-01'), (2, 'b', '1990-01-01');
        insert into raw.visits values (10, 1, '2020-01-01');
        """
    )
    return dev


def test_left_join_calls_the_right_columns_by_their_table(
    joined: PostgresWrangler, ask: Ask
) -> None:
    joined.left_join("people", "visits", "id", "person", "staging", "raw", "staging.both")
    assert ask("select * from staging_dev.both order by id") == [
        (1, "a", datetime.date(1980, 1, 1), 10, 1, datetime.date(2020, 1, 1)),
        (2, "b", datetime.date(1990, 1, 1), None, None, None),
    ]
    assert joined.get_column_names("both", "staging") == {
        '"id"',
        '"name"',
        '"Born"',
        '"visits__id"',
        '"visits__person"',
        '"visits__at"',
    }


def test_left_join_without_names_keeps_the_left_column_of_two(
    joined: PostgresWrangler, ask: Ask
) -> None:
    joined.left_join(
        "people",
        "visits",
        "id",
        "person",
        "staging",
        "raw",
        "staging.both",
        cond=("Born", ("1985-01-01", "1995-01-01")),
        append_names=False,
    )
    assert ask("select id, name, person from staging_dev.both") == [(2, "b", None)]
    assert '"id"' in joined.get_column_names("both", "staging")


# columns


def test_column_checks(pgw: PostgresWrangler, ask: Ask) -> None:
    ask("create table staging.t (a int, b text, c int); insert into staging.t values (null, 'x')")
    assert pgw.check_column_exists("a", "t", "staging") is True
    assert pgw.check_column_exists("z", "t", "staging") is False
    assert pgw.check_column_exists("a", "missing", "staging") is False
    assert pgw.check_column_is_not_null("b", "t", "staging") is True
    assert pgw.check_column_is_not_null("a", "t", "staging") is False
    assert pgw.check_column_is_not_null("z", "t", "staging") is False
    assert pgw.check_column_value(lambda v: v == "x", "b", "t", "staging") is True
    assert pgw.check_column_value(lambda v: v == "y", "b", "t", "staging") is False
    assert pgw.check_column_value(lambda v: True, "a", "t", "staging") is False


def test_an_error_in_the_condition_is_raised(pgw: PostgresWrangler, ask: Ask) -> None:
    ask("create table staging.t as select 'x' as a")
    with pytest.raises(ZeroDivisionError):
        pgw.check_column_value(lambda v: 1 // 0, "a", "t", "staging")


def test_get_column_type_is_that_of_information_schema(pgw: PostgresWrangler, ask: Ask) -> None:
    ask("create table staging.t (a varchar(3), b timestamp, c int[])")
    assert pgw.get_column_type("a", "t", "staging") == "character varying"
    assert pgw.get_column_type("b", "t", "staging") == "timestamp without time zone"
    assert pgw.get_column_type("c", "t", "staging") == "ARRAY"
    assert pgw.get_column_type("z", "t", "staging") is None
    assert pgw.get_column_type("a", "missing", "staging") is None


def test_get_column_names_are_quoted(pgw: PostgresWrangler, ask: Ask) -> None:
    ask('create table staging.t (a int, "B c" int, "d""e" int, gone int)')
    ask("alter table staging.t drop column gone")
    assert pgw.get_column_names("t", "staging") == {'"a"', '"B c"', '"d""e"'}
    assert pgw.get_column_names("missing", "staging") == set()


def test_drop_empty_columns_keeps_two_valued_columns(pgw: PostgresWrangler, ask: Ask) -> None:
    ask(
        """
        create table staging.t (empty int, "One" text, flag boolean, doc json, id int);
        insert into staging.t values
            (null, 'x', true, '{"a": 1}', 1), (null, null, false, '{"a": 1}', 2);
        """
    )
    assert pgw.drop_empty_columns("t", "staging") == ['"empty"', '"One"', '"doc"']
    assert pgw.get_column_names("t", "staging") == {'"flag"', '"id"'}
    assert pgw.drop_empty_columns("t", "staging") == []


@pytest.mark.parametrize(
    ("kind", "values", "expected", "result"),
    [
        (
            "bigint",
            "(20150816235959), (null)",
            "timestamp without time zone",
            "2015-08-16 23:59:59",
        ),
        ("float8", "(20150816235959)", "timestamp without time zone", "2015-08-16 23:59:59"),
        ("text", "('20150816235959'), ('')", "timestamp without time zone", "2015-08-16 23:59:59"),
        ("text", "(' 20150816 ')", "timestamp without time zone", "2015-08-16 00:00:00"),
        ("text", "('20150816235959.0')", "timestamp without time zone", "2015-08-16 23:59:59"),
        ("text", "('2015-08-16 23:59')", "timestamp without time zone", "2015-08-16 23:59:00"),
        ("date", "('2015-08-16')", "timestamp without time zone", "2015-08-16 00:00:00"),
        ("int", "(93015), (null)", "time without time zone", "09:30:15"),
        ("text", "('235959'), ('  ')", "time without time zone", "23:59:59"),
        ("text", "('101112')", "time without time zone", "10:11:12"),
    ],
)
def test_prettify_date(
    pgw: PostgresWrangler, ask: Ask, kind: str, values: str, expected: str, result: str
) -> None:
    ask(f"create table staging.t (at {kind}); insert into staging.t values {values}")
    pgw.prettify_date("at", "t", "staging")
    assert pgw.get_column_type("at", "t", "staging") == expected
    assert ask("select at::text from staging.t where at is not null") == [(result,)]


def test_prettify_date_leaves_what_it_cannot_read(
    pgw: PostgresWrangler, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    ask("create table staging.t as select 'last summer' as at")
    with caplog.at_level(logging.WARNING):
        pgw.prettify_date("at", "t", "staging")
    assert pgw.get_column_type("at", "t", "staging") == "text"
    assert "column at of staging.t" in caplog.text
    assert "summer" not in caplog.text


def test_prettify_date_of_a_column_that_is_not_there_is_an_error(
    pgw: PostgresWrangler, ask: Ask
) -> None:
    ask("create table staging.t (a int)")
    with pytest.raises(Exception, match='column "b" does not exist'):
        pgw.prettify_date("b", "t", "staging")


def test_cast_column(pgw: PostgresWrangler, ask: Ask) -> None:
    ask("""create table staging.t ("Amount" text); insert into staging.t values ('1.239')""")
    pgw.cast_column("Amount", "t", "staging", "numeric(10, 2)")
    assert ask('select "Amount"::text from staging.t') == [("1.24",)]
    pgw.cast_column("Amount", "t", "staging", "text")
    assert pgw.get_column_type("Amount", "t", "staging") == "text"


@pytest.mark.parametrize("kind", ["nonsense", "int; drop table staging.t", "int--", ""])
def test_cast_column_refuses_what_is_no_type(pgw: PostgresWrangler, ask: Ask, kind: str) -> None:
    ask("create table staging.t as select 1 as a")
    with pytest.raises(Exception, match=r"type|syntax"):
        pgw.cast_column("a", "t", "staging", kind)
    assert pgw.get_column_type("a", "t", "staging") == "integer"


# engine


def test_pandas_writes_and_reads_through_the_engine(dev: PostgresWrangler, ask: Ask) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x%", None]})
    frame.to_sql("t", dev.engine, schema="staging", index=False)
    frame.to_sql("t", dev.engine, schema="staging", index=False, if_exists="append")
    assert ask("select a, b from staging_dev.t order by 1, 2") == [
        (1, "x%"),
        (1, "x%"),
        (2, None),
        (2, None),
    ]
    frame.to_sql("t", dev.engine, schema="staging", index=False, if_exists="replace")
    assert len(pd.read_sql("select * from staging.t", dev.engine)) == 2
    with pytest.raises(ValueError, match="already exists"):
        frame.to_sql("t", dev.engine, schema="staging", index=False)


def test_the_engine_does_not_show_parameters_or_leave_connections(
    pgw: PostgresWrangler, ask: Ask
) -> None:
    with (
        pytest.raises(sqlalchemy.exc.ProgrammingError) as caught,
        pgw.engine.begin() as connection,
    ):
        connection.execute(sqlalchemy.text("select * from nowhere where a = :a"), {"a": "secret"})
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"
    assert 'relation "nowhere" does not exist' in str(caught.value)
    assert ask("select from pg_stat_activity where application_name = 'staging_assets pgw'") == []


def test_cursors_of_every_kind_mean_the_real_schema(dev: PostgresWrangler, ask: Ask) -> None:
    ask("create table staging_dev.t as select 1 as a")
    raw = dev.engine.raw_connection()
    with closing(raw), raw.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute("select a from staging.t")
        assert cursor.fetchall() == [{"a": 1}]


def test_errors_hold_no_values_of_rows(pgw: PostgresWrangler, ask: Ask) -> None:
    ask("create table staging.t (a text unique, b int); insert into staging.t values ('secret')")
    tries = (
        lambda: pgw.execute("insert into staging.t values ('sec' || 'ret')"),
        lambda: pgw.cast_column("a", "t", "staging", "int"),
        lambda: pd.DataFrame({"a": ["secret"]}).to_sql(
            "t", pgw.engine, schema="staging", index=False, if_exists="append"
        ),
    )
    for attempt in tries:
        with pytest.raises(Exception, match="SQLSTATE") as caught:
            attempt()
        assert "secret" not in "".join(traceback.format_exception(caught.value)).replace(
            "('sec' || 'ret')", ""
        ).replace('{"a": ["secret"]}', "")


# shell


def test_shell_finds_psql_and_the_database(pgw: PostgresWrangler, ask: Ask) -> None:
    (name,) = ask("select current_database()")[0]
    assert pgw.shell("psql -At -c 'select current_database()'").decode().strip() == name
    assert pgw.shell(["psql", "-At", "-c", "select 'a b; $HOME'"]) == b"a b; $HOME\n"


def test_shell_tells_errors_in_its_output_and_the_log(
    pgw: PostgresWrangler, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        out = pgw.shell(["psql", "-c", "select * from missing"])
    assert b"does not exist" in out
    assert "exit code 1" in caplog.text


def test_shell_gives_no_shell_to_the_arguments_of_a_list(pgw: PostgresWrangler) -> None:
    assert pgw.shell(["echo", "$(echo no); echo no"]) == b"$(echo no); echo no\n"


def test_shell_passes_the_password_by_the_environment_alone(database: Server) -> None:
    secret = Server(f"{database.dsn} password=hush-hush")
    pgw = PostgresWrangler(secret, "staging_dev")
    seen = pgw.shell("ps -ww -o args= -p $$ -p $PPID; echo $PGPASSWORD $STAGING_SCHEMA").decode()
    assert seen.splitlines()[-1] == "hush-hush staging_dev"
    assert "hush-hush" not in "".join(seen.splitlines()[:-1])
    assert "hush-hush" not in repr(secret)
