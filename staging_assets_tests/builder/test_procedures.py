"""The stored procedures of `sql/create_stored_procedures`, on the embedded server and on 15."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres.client.server import Server

FOLDER = Path(__file__).parents[2] / "sql" / "create_stored_procedures"
IN_ORDER = ("numbers", "text", "dates", "codes", "accounting")


def create(server: Server) -> Connection:
    connection = server.connect("procedures", autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("create schema staging")
        for name in IN_ORDER:
            cursor.execute((FOLDER / f"{name}.sql").read_text())
    return connection


@pytest.fixture
def session(database: Server) -> Iterator[Connection]:
    with closing(create(database)) as connection:
        yield connection


def ask(session: Connection, function: str, *arguments: object) -> object:
    marks = ", ".join(["%s"] * len(arguments))
    with session.cursor() as cursor:
        cursor.execute(f"select staging.{function}({marks})", arguments)
        row = cursor.fetchone()
        assert row is not None
        return row[0]


def test_every_script_is_tested() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.sql")) == sorted(IN_ORDER)


DATES = {
    "2016-03-09": date(2016, 3, 9),
    "  2016-03-09\n": date(2016, 3, 9),
    "03/09/2016": date(2016, 3, 9),
    "3/9/2016": date(2016, 3, 9),
    "3/9/16": date(2016, 3, 9),
    "09-MAR-16": date(2016, 3, 9),
    "09-mar-2016": date(2016, 3, 9),
    "9 March 2016": date(2016, 3, 9),
    "20160309": date(2016, 3, 9),
    "20160309235959": date(2016, 3, 9),
    "2016-03-09T23:59:59.5Z": date(2016, 3, 9),
    "03/09/2016 11:59 PM": date(2016, 3, 9),
    "29-FEB-16": date(2016, 2, 29),
    "2000-02-29": date(2000, 2, 29),
    "31-DEC-49": date(2049, 12, 31),
    "01-JAN-50": date(1950, 1, 1),
}
NO_DATES = (
    "",
    "   ",
    "n/a",
    "00/00/0000",
    "0000-00-00",
    "99/99/9999",
    "2015-02-29",
    "1900-02-29",
    "2016-04-31",
    "2016-13-01",
    "13/13/2013",
    "12-XXX-10",
    "12-ANM-10",
    "2016-3",
    "20161301",
    "1",
    "99999999999999999999",
    "２０１６-０３-０９",
    "2016-03-09x",
    "'; drop table x; --",
)


@pytest.mark.parametrize(("text", "expected"), DATES.items())
def test_a_date_is_read_in_every_format(session: Connection, text: str, expected: date) -> None:
    assert ask(session, "parse_date", text) == expected


def test_what_is_no_date_is_null_and_never_an_error(session: Connection) -> None:
    for text in (*NO_DATES, None):
        assert ask(session, "parse_date", text) is None, text
        assert ask(session, "parse_timestamp", text) is None, text


def test_no_text_of_a_few_characters_is_an_error(session: Connection) -> None:
    # Every text of four of these characters between the halves of a date and of a time.
    with session.cursor() as cursor:
        cursor.execute(
            """
            select
                count(*),
                count(staging.parse_date(a || b || c || d || '/01/2000')),
                count(staging.parse_timestamp('2000-01-01 ' || a || b || c || d || ':00')),
                count(staging.parse_timestamp('01/01/2000 ' || a || b || c || d || ' PM')),
                count(staging.parse_integer(a || b || c || d)),
                count(staging.parse_date('20' || a || b || c || d || '01'))
            from unnest(string_to_array('0,1,3,9,-,/,:,., ,T,P', ',')) as a
            cross join unnest(string_to_array('0,1,3,9,-,/,:,., ,T,P', ',')) as b
            cross join unnest(string_to_array('0,1,3,9,-,/,:,., ,T,P', ',')) as c
            cross join unnest(string_to_array('0,1,3,9,-,/,:,., ,T,P', ',')) as d
            """
        )
        row = cursor.fetchone()
    assert row is not None
    assert row[0] == 11**4
    assert all(0 < found < row[0] for found in row[1:]), row


def test_every_day_of_a_century_is_read_as_postgres_writes_it(session: Connection) -> None:
    with session.cursor() as cursor:
        cursor.execute(
            """
            select count(*)
            from generate_series(timestamp '1950-01-01', '2049-12-31', '1 day') as days (day)
            cross join unnest(
                array['YYYY-MM-DD', 'MM/DD/YYYY', 'MM/DD/YY', 'DD-MON-YY', 'YYYYMMDD']
            ) as formats (format)
            where
                staging.parse_date(to_char(day, format)) is distinct from day::date
            """
        )
        assert cursor.fetchall() == [(0,)]


def test_a_time_is_read_in_every_format(session: Connection) -> None:
    expected = {
        "2016-03-09 23:59:59": datetime(2016, 3, 9, 23, 59, 59),
        "2016-03-09T23:59:59": datetime(2016, 3, 9, 23, 59, 59),
        "2016-03-09 23:59": datetime(2016, 3, 9, 23, 59),
        "2016-03-09T10:11:12.5Z": datetime(2016, 3, 9, 10, 11, 12, 500000),
        "2016-03-09 10:11:12+02:00": datetime(2016, 3, 9, 10, 11, 12),
        "03/09/2016 12:00 AM": datetime(2016, 3, 9, 0, 0),
        "03/09/2016 12:30 PM": datetime(2016, 3, 9, 12, 30),
        "3/9/16 1:05:06 pm": datetime(2016, 3, 9, 13, 5, 6),
        "20160309235958": datetime(2016, 3, 9, 23, 59, 58),
        "09-MAR-16": datetime(2016, 3, 9, 0, 0),
        "09-MAR-16 07:08": datetime(2016, 3, 9, 7, 8),
    }
    assert {text: ask(session, "parse_timestamp", text) for text in expected} == expected


def test_an_impossible_time_is_null_though_its_day_is_a_date(session: Connection) -> None:
    for text in (
        "2016-03-09 24:00:00",
        "2016-03-09 10:60:00",
        "2016-03-09 10:00:60",
        "03/09/2016 13:00 PM",
        "03/09/2016 00:10 AM",
        "2016-03-09 10:1",
        "2016-03-09 10:10 noon",
        "20160309246060",
    ):
        assert ask(session, "parse_timestamp", text) is None, text
        assert ask(session, "parse_date", text) == date(2016, 3, 9), text


def test_numbers_are_read_within_the_range_of_int(session: Connection) -> None:
    expected = {
        "12": 12,
        " -7.0 ": -7,
        "112683.0": 112683,
        "007": 7,
        "+5": 5,
        "2147483647": 2147483647,
        "-2147483648": -2147483648,
        "2147483648": None,
        "999999999999": None,
        "9999999999999": None,
        "1.5": None,
        "1e3": None,
        "0x1F": None,
        "": None,
        "-": None,
        "\u00a012": None,
    }
    assert {text: ask(session, "parse_integer", text) for text in expected} == expected


def test_answers_are_read_as_yes_no_or_neither(session: Connection) -> None:
    expected = {
        **dict.fromkeys(("Y", "yes ", " TRUE", "t", "1", "1.0"), True),
        **dict.fromkeys(("N", "No", "false", "F", "0"), False),
        **dict.fromkeys(("", "maybe", "2", "U"), None),
    }
    assert {text: ask(session, "parse_boolean", text) for text in expected} == expected


def test_ranks_units_and_identifiers_get_one_spelling(session: Connection) -> None:
    for rank in ("P.O.", "PO", " police  officer ", "Ofc.", "POLICE OFFICER (FTO)"):
        assert ask(session, "normalise_rank", rank) == "POLICE OFFICER", rank
    for rank in ("Sgt.", "SERGEANT OF POLICE", "sgt"):
        assert ask(session, "normalise_rank", rank) == "SERGEANT", rank
    assert ask(session, "normalise_rank", "PO as  Detective") == "DETECTIVE"
    assert ask(session, "normalise_rank", "Dog  catcher") == "DOG CATCHER"
    for unit in ("007", "7.0", "Unit 7", "DISTRICT 007", "Dist. 7", " 7"):
        assert ask(session, "normalise_unit", unit) == "7", unit
    assert ask(session, "normalise_unit", "Central Div.") == "CENTRAL DIVISION"
    for badge in ("B01234", "1234.0", " 1234", "01234"):
        assert ask(session, "normalise_identifier", badge) == "1234", badge
    for nothing in ("", "   ", None):
        for function in ("text", "rank", "unit", "identifier"):
            assert ask(session, f"normalise_{function}", nothing) is None


def test_an_age_counts_whole_years_up_to_120(session: Connection) -> None:
    assert ask(session, "age_at", date(2000, 2, 29), date(2021, 2, 28)) == 20
    assert ask(session, "age_at", date(2000, 2, 29), date(2021, 3, 1)) == 21
    assert ask(session, "age_at", date(2020, 1, 1), date(2020, 1, 1)) == 0
    assert ask(session, "age_at", date(1900, 1, 1), date(2020, 12, 31)) == 120
    assert ask(session, "age_at", date(1900, 1, 1), date(2021, 1, 1)) is None
    assert ask(session, "age_at", date(2021, 1, 1), date(2020, 1, 1)) is None
    assert ask(session, "age_at", "infinity", "infinity") is None
    assert ask(session, "age_at", None, date(2020, 1, 1)) is None


def test_a_code_is_looked_up_by_value_with_a_default(session: Connection) -> None:
    with session.cursor() as cursor:
        cursor.execute("create table staging.lookup_ranks (code int, value varchar)")
        cursor.execute(
            "insert into staging.lookup_ranks values (0, 'Unknown'), (5, 'Police Officer')"
        )
    for table in ("lookup_ranks", "staging.lookup_ranks"):
        assert ask(session, "lookup_code", table, " police  OFFICER", 0) == 5
        assert ask(session, "lookup_code", table, "Wizard", 0) == 0
        assert ask(session, "lookup_code", table, None, None) is None


def test_the_balance_is_recorded_and_a_loss_warned_of(session: Connection) -> None:
    with session.cursor() as cursor:
        cursor.execute(
            """
            create table staging.row_accounting (
                target_table text, source_table text, outcome text, reason text, row_count bigint
            );
            insert into staging.row_accounting values
                ('a', 's', 'read', null, 10), ('a', 's', 'kept', null, 7),
                ('a', 's', 'left out', 'twice', 2), ('a', 's', 'left out', 'blank', 1),
                ('b', 's', 'read', null, 10), ('b', 's', 'kept', null, 7);
            """
        )
        cursor.execute("call staging.record_balance()")
        cursor.execute(
            "select target_table, row_count from staging.row_accounting"
            " where outcome = 'balance' order by 1"
        )
        assert cursor.fetchall() == [("a", 0), ("b", 3)]
    assert "3 rows of s are not accounted for in b" in session.notices[-1]


def test_functions_say_how_they_may_be_used(session: Connection) -> None:
    with session.cursor() as cursor:
        cursor.execute(
            "select proname, provolatile, proparallel from pg_proc"
            " where pronamespace = 'staging'::regnamespace and prokind = 'f'"
        )
        found = {name: (volatile, parallel) for name, volatile, parallel in cursor.fetchall()}
    assert found.pop("lookup_code") == ("s", "s")
    assert set(found.values()) == {("i", "s")}


def test_none_of_them_has_an_exception_block() -> None:
    # One would cost a subtransaction for every row.
    for name in IN_ORDER:
        assert "exception when" not in (FOLDER / f"{name}.sql").read_text().lower()


def test_a_hundred_thousand_dates_take_a_moment(session: Connection) -> None:
    with session.cursor() as cursor:
        cursor.execute(
            "create temporary table texts as"
            " select to_char(timestamp '2010-01-01' + i * interval '1 hour',"
            " (array['YYYY-MM-DD', 'MM/DD/YYYY', 'DD-MON-YY', 'YYYYMMDD', 'YYYY-MM-DD HH24:MI:SS'])"
            "[1 + i % 5]) as day from generate_series(1, 100000) as i"
        )
        started = time.monotonic()
        cursor.execute("select count(staging.parse_date(day)) from texts")
        assert cursor.fetchone() == (100_000,)
    # About 0.3 s on an idle machine; an exception block or a cast by trial takes ten times that.
    assert time.monotonic() - started < 5


def test_they_work_on_postgres_15(database15: Server) -> None:
    with closing(create(database15)) as session:
        for text, expected in DATES.items():
            assert ask(session, "parse_date", text) == expected
        for text in NO_DATES:
            assert ask(session, "parse_date", text) is None
        assert ask(session, "parse_integer", "112683.0") == 112683
