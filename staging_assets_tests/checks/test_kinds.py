"""Every kind of check against a real table: when it holds, when it does not, and what is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import (
    Check,
    CheckResult,
    EvaluationContext,
    Subject,
    evaluate_checks,
    evaluate_many,
)
from staging_assets.model import Relation, SchemaNames
from staging_assets.postgres.client.server import Server

ARRESTS = Relation("staging", "arrests")

SETUP = """
create schema staging;
create table staging.lookup_races (code int primary key, value text);
insert into staging.lookup_races values (1, 'A'), (2, 'B');
create table staging.arrests (
    event_id int primary key, officer_id int, race_code int, name varchar(20), secret text,
    arrested_at timestamp, felony boolean
);
insert into staging.arrests
select i, i % 7, case when i % 10 = 0 then 9 else 1 + i % 2 end,
    case when i % 5 > 0 then 'name ' || i end, 'secret ' || i, now() - i * interval '1 hour', i < 3
from generate_series(1, 100) as i;
analyze staging.arrests;
"""


def make(kind: str, *, name: str = "", table: str = "arrests", **arguments: Any) -> Check:
    return Check(name or kind, kind, table, arguments)


@pytest.fixture
def staging(database: Server) -> Iterator[Connection]:
    with closing(database.connect("test", autocommit=True)) as connection:
        run(connection, SETUP)
        yield connection


def run(connection: Connection, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


def check(connection: Connection, asked: Check, **context: Any) -> CheckResult:
    (result,) = evaluate_checks(
        connection,
        [asked],
        relation=Relation("staging", asked.relation),
        schema="staging",
        schemas=SchemaNames(),
        context=EvaluationContext(**context),
    )
    return result


HOLD = [
    make("schema_exists", table="schema"),
    make("table_exists"),
    make("table_not_empty"),
    make("min_rows", rows=100),
    make("row_count_between", least=100, most=100),
    make("row_count_change", drop=0, growth=0),
    make("has_values", column="name"),
    make("not_null", columns=["event_id", "secret"]),
    make("unique", columns=["event_id"]),
    make("unique", columns=["officer_id", "event_id"]),
    make("accepted_values", column="race_code", values=[1, "2", 9]),
    make("accepted_values", column="felony", values=[True, False]),
    make("relationship", column="officer_id", to="arrests", to_column="officer_id"),
    make("column_exists", columns=["event_id", "name"]),
    make("column_type", column="event_id", type="int4"),
    make("column_type", column="name", type="varchar"),
    make("column_type", column="name", type="character varying(20)"),
    make("column_type", column="arrested_at", type="timestamp"),
    make("column_value", condition="length(name) > 0 -- null is no failure", rows="all"),
    make("column_value", condition="felony", rows="any"),
    make("freshness", column="arrested_at", age="1 day", seconds=86400),
    make("sql", query="select 1 from staging.arrests where name like 'x%';"),
]
FAIL = [
    (make("table_exists", table="nope"), "the table nope does not exist", {}),
    (make("table_not_empty", table="nope"), "the table nope does not exist", {}),
    (make("min_rows", rows=101), "100 rows; at least 101 wanted", {"rows": 100, "threshold": 101}),
    (
        make("row_count_between", least=1, most=99),
        "100 rows; 1 to 99 wanted",
        {"rows": 100, "least": 1, "most": 99},
    ),
    (make("has_values", column="gone"), "arrests has no column gone", {}),
    (
        make("not_null", columns=["event_id", "name"]),
        "20 rows without name",
        {"failing values": 20, "rows without name": 20},
    ),
    (
        make("unique", columns=["officer_id"]),
        "officer_id: 7 values more than once, 93 rows too many",
        {"repeated values": 7, "rows too many": 93},
    ),
    (
        make("accepted_values", column="race_code", values=[1, 2]),
        "race_code: 10 rows with another value",
        {"failing rows": 10},
    ),
    (
        make("relationship", column="race_code", to="lookup_races", to_column="code"),
        "race_code: 10 rows with a value that lookup_races.code lacks",
        {"failing rows": 10},
    ),
    (make("column_exists", columns=["gone"]), "arrests has no column gone", {}),
    (
        make("column_type", column="event_id", type="bigint"),
        "event_id is integer; bigint wanted",
        {"type": "integer", "threshold": "bigint"},
    ),
    (
        make("column_type", column="name", type="varchar(21)"),
        "name is character varying(20); varchar(21) wanted",
        {},
    ),
    (
        make("column_value", condition="event_id <= 95", rows="all"),
        "5 rows against: event_id <= 95",
        {"failing rows": 5},
    ),
    (
        make("column_value", condition="event_id > 100", rows="any"),
        "0 rows with: event_id > 100",
        {"rows that meet it": 0},
    ),
    (
        make("freshness", column="arrested_at", age="30 minutes", seconds=1800),
        "the newest arrested_at is 1.0 hours old; at most 30 minutes wanted",
        {"threshold in hours": 0.5},
    ),
    (
        make("sql", query="select event_id from staging.arrests where event_id > 97"),
        "3 rows returned; none wanted",
        {"failing rows": 3},
    ),
]


@pytest.mark.parametrize("asked", HOLD, ids=lambda t: f"{t.kind} {list(t.arguments.values())}")
def test_it_holds(staging: Connection, asked: Check) -> None:
    result = check(staging, asked)
    assert (result.passed, result.error) == (True, False), result.summary


@pytest.mark.parametrize(
    ("asked", "summary", "numbers"), FAIL, ids=[f"{t.kind} {s}" for t, s, _ in FAIL]
)
def test_it_fails_and_tells_the_number(
    staging: Connection, asked: Check, summary: str, numbers: dict[str, Any]
) -> None:
    result = check(staging, asked)
    assert (result.passed, result.error) == (False, False)
    assert result.summary == summary
    assert numbers.items() <= result.metadata.items()


def test_an_empty_table_and_a_column_without_values_are_found(staging: Connection) -> None:
    run(staging, "update staging.arrests set name = null")
    assert not check(staging, make("has_values", column="name")).passed
    run(staging, "delete from staging.arrests")
    result = check(staging, make("table_not_empty"))
    assert (result.passed, result.summary) == (
        False,
        "the table is empty; if it may be, write under checks: in staging.yaml"
        " arrests: {table_not_empty: off}",
    )
    assert not check(
        staging, make("freshness", column="arrested_at", age="1 day", seconds=9)
    ).passed


def test_an_age_counts_from_the_newest_finite_time(staging: Connection) -> None:
    run(staging, "update staging.arrests set arrested_at = 'infinity' where event_id = 50")
    result = check(staging, make("freshness", column="arrested_at", age="2 hours", seconds=7200))
    assert result.passed
    assert result.metadata["age in hours"] == pytest.approx(1.0, abs=0.1)


def test_rows_are_compared_with_the_last_build_of_the_history(staging: Connection) -> None:
    run(
        staging,
        "create schema staging__build; "
        'create table staging__build."__builds" (node text, rows bigint, built_at timestamptz);'
        "insert into staging__build.\"__builds\" values ('arrests', 110, now())",
    )
    result = check(staging, make("row_count_change", drop=5, growth=50))
    assert (
        result.summary == "100 rows after 110 (-9.1 %); at most 5 % fewer, at most 50 % more wanted"
    )
    assert result.metadata["rows of the last build"] == 110
    assert result.metadata["change in percent"] == pytest.approx(-9.091)
    assert check(staging, make("row_count_change", drop=10)).passed
    assert not check(staging, make("row_count_change", growth=10), previous_rows=50).passed


def test_a_table_that_was_empty_has_grown_and_not_divided_by_zero(staging: Connection) -> None:
    assert not check(staging, make("row_count_change", growth=10), previous_rows=0).passed


def test_failing_rows_are_told_by_their_keys_and_by_nothing_else(staging: Connection) -> None:
    result = check(staging, make("column_value", condition="event_id <= 95", rows="all"))
    assert result.metadata["failing keys"] == [{"event_id": str(i)} for i in range(96, 101)]
    many = check(staging, make("not_null", columns=["name"]))
    assert len(many.metadata["failing keys"]) == 10  # type: ignore[arg-type]
    assert "secret" not in str(many) + str(result)


def test_other_columns_are_shown_where_that_was_asked_for(staging: Connection) -> None:
    asked = make("column_value", condition="event_id < 100", rows="all", sample_columns=["secret"])
    result = check(staging, asked)
    assert result.metadata["failing keys"] == [{"event_id": "100", "secret": "secret 100"}]


def test_an_own_query_shows_the_keys_that_it_returns_and_no_more(staging: Connection) -> None:
    query = "select name, secret, event_id from staging.arrests where event_id > 99"
    result = check(staging, make("sql", query=query))
    assert result.metadata["failing keys"] == [{"event_id": "100"}]
    without = check(staging, make("sql", query=query.replace(", event_id", "")))
    assert "declare sample_columns" in str(without.metadata["failing keys"])
    shown = check(staging, make("sql", query=query, sample_columns=["name"]))
    assert shown.metadata["failing keys"] == [{"event_id": "100", "name": None}]


def test_a_repeated_text_is_not_shown_but_a_repeated_id_is(staging: Connection) -> None:
    run(staging, "update staging.arrests set secret = 'the same'")
    assert "the same" not in str(check(staging, make("unique", columns=["secret"])))
    repeated = check(staging, make("unique", columns=["officer_id"]))
    assert {"officer_id": "0"} in repeated.metadata["failing keys"]  # type: ignore[operator]


def test_an_orphaned_code_is_told_with_the_rows_that_hold_it(staging: Connection) -> None:
    run(staging, "delete from staging.arrests where event_id > 10")
    asked = make("relationship", column="race_code", to="lookup_races", to_column="code")
    assert check(staging, asked).metadata["failing keys"] == [{"event_id": "10", "race_code": "9"}]


def test_without_a_primary_key_up_to_three_ids_say_which_row(staging: Connection) -> None:
    run(staging, "alter table staging.arrests drop constraint arrests_pkey")
    result = check(staging, make("column_value", condition="event_id < 100", rows="all"))
    assert result.metadata["failing keys"] == [{"event_id": "100", "officer_id": "2"}]


def test_the_query_that_was_run_can_be_run_again(staging: Connection) -> None:
    for asked in (*HOLD, *(asked for asked, _, _ in FAIL)):
        text = check(staging, asked).metadata.get("sql")
        if text is not None:
            run(staging, str(text))


def test_one_broken_check_fails_alone_and_says_why(staging: Connection) -> None:
    checks = [
        make("min_rows", rows=1),
        make("sql", name="broken", query="select nonsense from staging.arrests"),
        make("sql", name="missing", query="select 1 from staging.nope"),
        make("freshness", column="name", age="1 day", seconds=86400),
        make("unique", columns=["event_id"]),
    ]
    results = evaluate_checks(
        staging, checks, relation=ARRESTS, schema="staging", schemas=SchemaNames()
    )
    assert [result.passed for result in results] == [True, False, False, False, True]
    assert [result.error for result in results] == [False, True, True, True, False]
    assert 'column "nonsense" does not exist (42703)' in results[1].summary
    assert 'relation "staging.nope" does not exist (42P01)' in results[2].summary
    assert "select" in str(results[1].metadata["sql"])


def test_a_check_that_cannot_be_evaluated_is_never_a_mere_warning(staging: Connection) -> None:
    asked = Check("odd", "sql", "arrests", {"query": "select 1 from nope"}, severity="WARN")
    result = check(staging, asked)
    assert (result.severity, result.fails, result.stops) == ("ERROR", True, False)


def test_an_error_does_not_quote_the_rows(staging: Connection) -> None:
    asked = make("column_value", condition="secret::int > 0", rows="all")
    result = check(staging, asked)
    assert result.error
    assert "invalid input syntax for type integer" in result.summary
    assert "secret 1" not in str(result)


def test_a_check_cannot_write(staging: Connection) -> None:
    run(
        staging,
        "create function staging.wipe() returns int language sql as"
        " 'delete from staging.arrests returning 1'",
    )
    result = check(staging, make("sql", query="select staging.wipe()"))
    assert result.error
    assert "read-only transaction" in result.summary
    assert check(staging, make("min_rows", rows=100)).passed


def test_inside_a_transaction_nothing_of_it_is_lost_or_ended(
    database: Server, witness: Connection
) -> None:
    run(witness, SETUP)
    with closing(database.connect("test")) as connection:
        run(connection, "insert into staging.arrests (event_id) values (101)")
        seen = check(connection, make("min_rows", rows=101))
        check(connection, make("sql", query="broken"))
        run(connection, "insert into staging.arrests (event_id) values (102)")
        connection.commit()
    assert seen.passed
    assert check(witness, make("min_rows", rows=102)).passed


@pytest.mark.parametrize("autocommit", [True, False])
def test_an_idle_connection_is_idle_afterwards(staging: Connection, autocommit: bool) -> None:
    staging.autocommit = autocommit
    assert check(staging, make("min_rows", rows=1)).passed
    assert staging.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE
    run(staging, "create table staging.another ()")
    expected = (
        psycopg2.extensions.TRANSACTION_STATUS_IDLE
        if autocommit
        else psycopg2.extensions.TRANSACTION_STATUS_INTRANS
    )
    assert staging.info.transaction_status == expected
    staging.rollback()


def test_a_shadow_is_looked_at_and_not_the_published_table(staging: Connection) -> None:
    run(
        staging,
        "create schema staging__build; create table staging__build.arrests"
        " (like staging.arrests including all)",
    )
    checks = [
        make("table_not_empty"),
        make("sql", query="select 1 where not exists (select from staging.arrests)"),
        make("relationship", column="race_code", to="lookup_races", to_column="code"),
    ]
    results = evaluate_checks(
        staging,
        checks,
        relation=Relation("staging__build", "arrests"),
        schema="staging",
        schemas=SchemaNames(),
        context=EvaluationContext(own=frozenset({"arrests"})),
    )
    assert [result.passed for result in results] == [False, False, True]
    assert not any(result.error for result in results)


@pytest.mark.parametrize("schema", ["staging_dev", 'Odd "schema"; drop table x; --', "100%"])
def test_any_name_of_a_schema_will_do(database: Server, witness: Connection, schema: str) -> None:
    quoted = '"' + schema.replace('"', '""') + '"'
    run(witness, SETUP.replace("staging", quoted))
    checks = [asked for asked in HOLD if asked.kind != "schema_exists"]
    results = evaluate_checks(
        witness, checks, relation=Relation(schema, "arrests"), schema=schema, schemas=SchemaNames()
    )
    assert [result.summary for result in results if not result.passed] == []


def test_a_percent_sign_in_a_condition_is_only_that(staging: Connection) -> None:
    asked = make("column_value", condition="name like 'name %' and event_id % 1 = 0", rows="all")
    assert check(staging, asked).passed


def test_a_cancelled_query_is_no_result(staging: Connection) -> None:
    timer = threading.Timer(0.3, staging.cancel)
    timer.start()
    with pytest.raises(psycopg2.errors.QueryCanceled):
        check(staging, make("sql", query="select 1 where pg_sleep(20) is null"))
    timer.join()


def test_a_timeout_is_the_check_s_own_failure(staging: Connection) -> None:
    run(staging, "set statement_timeout = '100ms'")
    result = check(staging, make("sql", query="select 1 where pg_sleep(3) is null"))
    assert result.error
    assert "statement timeout" in result.summary


def test_three_hundred_checks_on_a_hundred_tables_take_little(staging: Connection) -> None:
    run(
        staging,
        "".join(
            f"create table staging.t{i} (id int primary key, v text);"
            f"insert into staging.t{i} select j, 'x' from generate_series(1, 50) as j;"
            for i in range(100)
        ),
    )
    subjects = [
        Subject(
            Relation("staging", f"t{i}"),
            [
                make("table_not_empty", table=f"t{i}"),
                make("unique", table=f"t{i}", columns=["id"]),
                make("not_null", table=f"t{i}", columns=["v"]),
            ],
        )
        for i in range(100)
    ]
    started = time.monotonic()
    results = evaluate_many(staging, subjects, schema="staging", schemas=SchemaNames())
    seconds = time.monotonic() - started
    assert len(results) == 300
    assert all(result.passed for result in results)
    assert seconds < 3, f"{seconds:.2f} s"


def test_postgres_15_answers_the_same(database15: Server) -> None:
    with closing(database15.connect("test", autocommit=True)) as connection:
        run(connection, SETUP)
        assert [t.kind for t in HOLD if not check(connection, t).passed] == []
        assert [check(connection, t).summary for t, _, _ in FAIL] == [said for _, said, _ in FAIL]
