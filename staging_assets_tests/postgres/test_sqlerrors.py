"""Errors of the server, told in the script's own coordinates and without values from rows."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import ScriptError
from staging_assets.model import SchemaNames, Script
from staging_assets.parser import find_statements, rewrite
from staging_assets.postgres.messages.errors import script_error
from staging_assets.postgres.messages.redaction import find_safe_detail, find_safe_message


def run(
    connection: Connection, text: str, *, schema: str = "staging", functions: str | None = None
) -> ScriptError:
    """Run a script until it fails, and return the error as people read it."""
    script = Script(Path("/sql/POPULATE.sql"), "sql/POPULATE.sql", text)
    others = [Script(Path("/sql/f.sql"), "sql/f.sql", functions)] if functions else []
    rewritten = rewrite(text, SchemaNames(), schema=schema)
    for statement in find_statements(rewritten.text):
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement.text)
        except psycopg2.Error as error:
            return script_error(error, script, rewritten, statement.offset, functions=others)
    raise AssertionError("the script did not fail")


def test_an_unknown_column_is_shown_with_line_column_caret_and_code(witness: Connection) -> None:
    error = run(witness, "select 1;\n\nselect relname,\n       foo\nfrom pg_class;\n")
    assert str(error).splitlines()[:3] == [
        'sql/POPULATE.sql:4:8: column "foo" does not exist.',
        "    4 |        foo",
        "      |        ^",
    ]
    assert "SQLSTATE 42703" in str(error)
    assert error.sqlstate == "42703"


def test_the_caret_is_under_the_column_when_tabs_stand_before_it(witness: Connection) -> None:
    lines = str(run(witness, "select\n\t\tfoo from pg_class")).splitlines()
    assert lines[0].startswith("sql/POPULATE.sql:2:3: ")
    assert lines[1:3] == ["    2 | \t\tfoo from pg_class", "      | \t\t^"]


def test_a_place_after_letters_of_several_bytes_is_counted_in_characters(
    witness: Connection,
) -> None:
    error = run(witness, "select 'äöü€😀', foo from pg_class")
    assert str(error).startswith("sql/POPULATE.sql:1:17: ")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(witness: Connection, end: str) -> None:
    error = run(witness, f"select 1;{end}{end}select{end}  foo")
    assert str(error).startswith("sql/POPULATE.sql:4:3: ")


def test_a_form_feed_does_not_end_a_line(witness: Connection) -> None:
    assert str(run(witness, "select 1;\f\n  foo")).startswith("sql/POPULATE.sql:2:3: ")


@pytest.mark.parametrize("schema", ["s", "a_much_longer_name_of_a_schema", 'we"ird name%s'])
def test_the_place_is_right_after_the_schema_was_rewritten(
    witness: Connection, schema: str
) -> None:
    with witness.cursor() as cursor:
        quoted = schema.replace('"', '""')
        cursor.execute(f'create schema "{quoted}"; create table "{quoted}".a (b int)')
    text = "insert into staging.a\nselect b from staging.a where staging.a.b = staging.a.nope"
    error = run(witness, text, schema=schema)
    assert str(error).startswith("sql/POPULATE.sql:2:45: ")


def test_a_syntax_error_is_at_its_token(witness: Connection) -> None:
    error = run(witness, "select 1;\nselect from where 1")
    assert str(error).startswith('sql/POPULATE.sql:2:13: syntax error at or near "where".')


def test_an_error_without_a_position_is_at_the_statement_that_failed(
    witness: Connection,
) -> None:
    error = run(
        witness,
        "select 1;\n-- here; not here\n/* nor; here */\n  select 1 / (b - b)\nfrom "
        "(values (1)) as v (b)",
    )
    assert str(error).splitlines()[0] == "sql/POPULATE.sql:4:3: division by zero."


def test_a_very_long_line_is_shown_around_the_caret(witness: Connection) -> None:
    lines = str(run(witness, "select " + "1, " * 400 + "foo" + ", 1" * 400)).splitlines()
    shown, caret = lines[1], lines[2]
    assert len(shown) < 200
    assert shown[caret.index("^") :].startswith("foo")


def test_an_error_in_a_do_block_is_at_its_line_in_the_file(witness: Connection) -> None:
    text = "select 1;\n\ndo $$\nbegin\n    perform 1;\n    raise exception 'no';\nend\n$$;\n"
    lines = str(run(witness, text)).splitlines()
    assert lines[0] == "sql/POPULATE.sql:6:5: no."
    assert lines[1] == "    6 |     raise exception 'no';"


def test_sql_in_a_do_block_that_does_not_parse_is_at_its_place(witness: Connection) -> None:
    text = "do $$\nbegin\n    perform 1;\n    insert into staging.nothing values (1);\nend\n$$;\n"
    assert str(run(witness, text)).startswith("sql/POPULATE.sql:4:17: ")


def test_an_error_in_a_function_names_the_line_of_its_own_file(witness: Connection) -> None:
    functions = (
        "create function staging.other() returns int language sql as 'select 1';\n"
        "create or replace function staging.half(a int)\n"
        "returns int language plpgsql as $f$\n"
        "begin\n"
        "    return a / 0;\n"
        "end\n"
        "$f$;\n"
    )
    with witness.cursor() as cursor:
        cursor.execute("create schema staging")
        cursor.execute(functions)
    text = str(run(witness, "select 1;\nselect\n    staging.half(5);", functions=functions))
    assert text.startswith("sql/POPULATE.sql:2:1: division by zero.")
    assert "Inside staging.half(integer): sql/f.sql:5:5\n    5 |     return a / 0;" in text


def test_the_servers_hint_is_kept(witness: Connection) -> None:
    assert "Perhaps you meant" in str(run(witness, "select relnam from pg_class"))


def test_a_broken_key_is_told_without_its_values(witness: Connection) -> None:
    error = run(
        witness,
        "create table a (id int, name text, primary key (id, name));\n"
        "insert into a select 77, 'x';\n"
        "insert into a select 70 + 7,\n    chr(120)",
    )
    assert 'violates unique constraint "a_pkey"' in str(error)
    assert "Detail: Key (id, name)=(…) already exists." in str(error)
    assert "77" not in str(error)
    assert "SQLSTATE 23505" in str(error)


SECRET = "Smith-4711"


@pytest.mark.parametrize(
    ("make", "fail", "says"),
    [
        (
            "create table a (id int)",
            "insert into a select s::int from secret",
            "invalid input syntax for type integer",
        ),
        (
            "create table a (d date)",
            "insert into a select s::date from secret",
            "invalid input syntax for type date",
        ),
        (
            "create table a (id int)",
            "insert into a select '9999999'||substr(s, 7) from secret",
            "is of type integer but expression is of type text",
        ),
        (
            "select 1",
            "select ('9999999' || substr(s, 7))::int from secret",
            "is out of range for type integer",
        ),
        (
            "create table a (n text not null, s text)",
            "insert into a select null, s from secret",
            'null value in column "n"',
        ),
        (
            "create table a (s text check (length(s) < 3))",
            "insert into a select s from secret",
            'violates check constraint "a_s_check"',
        ),
        (
            "create table a (s text unique); insert into a select s from secret",
            "insert into a select s from secret",
            "duplicate key value",
        ),
        (
            "create table b (s text primary key); create table a (s text references b)",
            "insert into a select s from secret",
            "violates foreign key constraint",
        ),
        (
            "create table a (s text) partition by list (s)",
            "insert into a select s from secret",
            "no partition of relation",
        ),
        ("select 1", "select to_date(s, 'MM/DD/YYYY') from secret", "MM"),
        ("select 1", "select s::json from secret", "invalid input syntax for type json"),
        ("create type mood as enum ('ok')", "select s::mood from secret", "invalid input value"),
        (
            "create table a (s text, exclude (s with =)); insert into a select s from secret",
            "insert into a select s from secret",
            "conflicting key value",
        ),
        (
            "create table a (s text); insert into a select s from secret, generate_series(1, 2)",
            "create unique index i on a (s)",
            "could not create unique index",
        ),
        ("select 1", "select s::uuid from secret", "invalid input syntax for type uuid"),
        ("select 1", "select chr(65)::int from secret", "integer"),
        ("select 1", "select (s || '\"x\"')::int from secret", "integer"),
    ],
)
def test_values_of_rows_are_never_shown(
    witness: Connection, make: str, fail: str, says: str
) -> None:
    with witness.cursor() as cursor:
        cursor.execute("create table secret (s text); insert into secret values (%s)", (SECRET,))
        cursor.execute(make)
    text = str(run(witness, fail))
    assert says in text
    assert "Smith" not in text
    assert "4711" not in text


def test_a_literal_of_the_script_itself_is_shown(witness: Connection) -> None:
    text = str(run(witness, "select 'twelve'::int"))
    assert 'invalid input syntax for type integer: "twelve"' in text


def test_the_error_leads_to_no_traceback_with_the_original(witness: Connection) -> None:
    error = run(witness, "select 1/0")
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize(
    ("detail", "sqlstate", "safe"),
    [
        ("Key (a)=(1) already exists.", "23505", "Key (a)=(…) already exists."),
        ("Key (lower(a))=(x) already exists.", "23505", "Key (lower(a))=(…) already exists."),
        ("Key (a)=(x)=(y) is duplicated.", "23505", "Key (a)=(…) is duplicated."),
        (
            'Key (a)=(is not present in table "q") is not present in table "b".',
            "23503",
            'Key (a)=(…) is not present in table "b".',
        ),
        ("Failing row contains (1, Smith).", "23502", None),
        ("Failing row contains (1, Smith).", "23514", None),
        ('Token "Smith" is invalid.', "22P02", None),
        ("anything that a function says", "P0001", None),
        ("view v depends on table t", "2BP01", "view v depends on table t"),
        ("Clave (a)=(Smith) ya existe.", "23505", "Clave (a)=(…)."),
        (None, "23505", None),
    ],
)
def test_details_keep_names_and_lose_values(
    detail: str | None, sqlstate: str, safe: str | None
) -> None:
    assert find_safe_detail(detail, sqlstate) == safe


def test_a_value_that_holds_quotes_is_hidden_as_a_whole() -> None:
    text = 'invalid input syntax for type integer: "a"b"'
    assert find_safe_message(text, "22P02", "") == 'invalid input syntax for type integer: "…"'
