"""Foreign keys: those that are not validated, and those that are and are broken all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import Check, CheckResult
from staging_assets.checks.core.snapshot import reading
from staging_assets.checks.schema.foreign_keys import evaluate_foreign_keys
from staging_assets.postgres.client.server import Server

SETUP = """
create schema staging;
create schema other;
create table staging.officers (officer_id int primary key, badge text unique);
insert into staging.officers select i, 'badge ' || i from generate_series(1, 5) as i;
create table staging.shifts (day date, post int, primary key (day, post));
insert into staging.shifts values ('2020-01-01', 1);
create table staging.arrests (
    event_id int primary key,
    officer_id int references staging.officers,
    second_id int references staging.officers (officer_id),
    badge text references staging.officers (badge),
    day date, post int,
    foreign key (day, post) references staging.shifts
);
create table other.notes (officer_id int references staging.officers);
insert into staging.arrests
select i, 1 + i % 5, null, 'badge 1', null, i from generate_series(1, 20) as i;
"""


def run(connection: Connection, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


def damage(connection: Connection, text: str) -> None:
    """Write rows past the keys, as a load with disabled triggers does."""
    run(
        connection,
        f"set session_replication_role = replica; {text}; reset session_replication_role",
    )


def find(connection: Connection, **arguments: object) -> CheckResult:
    check = Check("foreign_keys_valid", "foreign_keys_valid", "schema", arguments)
    with reading(connection):
        return evaluate_foreign_keys(connection, check, "staging")


@pytest.fixture
def staging(database: Server) -> Iterator[Connection]:
    with closing(database.connect("test", autocommit=True)) as connection:
        run(connection, SETUP)
        yield connection


def test_good_keys_hold(staging: Connection) -> None:
    result = find(staging)
    assert result.passed
    assert result.summary == "4 foreign keys, all hold"
    assert result.metadata == {
        "foreign keys": 4,
        "failing rows": 0,
        "foreign keys compared row by row": 4,
    }


def test_rows_without_a_partner_are_counted_by_key_and_told_by_id(staging: Connection) -> None:
    damage(staging, "update staging.arrests set officer_id = 90 + event_id % 2 where event_id < 7")
    result = find(staging)
    assert not result.passed
    assert result.metadata["failing rows"] == 6
    assert result.metadata["findings"] == [
        "arrests.arrests_officer_id_fkey: 6 rows with (officer_id) that officers (officer_id) lacks"
    ]
    assert result.metadata["failing keys"] == ["arrests officer_id = 90", "arrests officer_id = 91"]
    run(staging, str(result.metadata["sql"]))


def test_an_emptied_hub_breaks_every_key_to_it(staging: Connection) -> None:
    damage(staging, "delete from staging.officers")
    result = find(staging)
    assert result.metadata["failing rows"] == 40
    assert len(result.metadata["findings"]) == 2  # type: ignore[arg-type]


def test_texts_are_counted_and_never_shown(staging: Connection) -> None:
    damage(staging, "update staging.arrests set badge = 'secret' where event_id = 3")
    result = find(staging)
    assert result.metadata["failing rows"] == 1
    assert "secret" not in str(result)


def test_a_key_of_two_columns_counts_when_both_have_values(staging: Connection) -> None:
    damage(staging, "update staging.arrests set day = '2020-01-01' where post < 4")
    result = find(staging)
    assert result.metadata["findings"] == [
        "arrests.arrests_day_post_fkey: 2 rows with (day, post) that shifts (day, post) lacks"
    ]


def test_match_full_counts_keys_that_are_half_null(staging: Connection) -> None:
    run(
        staging,
        "create table staging.posts (day date, post int,"
        " foreign key (day, post) references staging.shifts match full)",
    )
    damage(staging, "insert into staging.posts values (null, null), (null, 1), ('2020-01-01', 1)")
    assert find(staging).metadata["failing rows"] == 1


def test_a_key_that_is_not_validated_is_found_even_when_its_rows_are_good(
    staging: Connection,
) -> None:
    run(
        staging,
        "alter table staging.arrests drop constraint arrests_officer_id_fkey,"
        " add constraint later foreign key (officer_id) references staging.officers not valid",
    )
    result = find(staging)
    assert not result.passed
    assert result.metadata["findings"] == [
        "arrests.later: it is NOT VALID; run VALIDATE CONSTRAINT"
    ]


def test_disabled_triggers_are_found(staging: Connection) -> None:
    run(staging, "alter table staging.arrests disable trigger all")
    findings = find(staging).metadata["findings"]
    assert isinstance(findings, list)
    assert len(findings) == 4
    assert findings[0].endswith("it is not enforced, its triggers are disabled")


def test_keys_of_partitioned_tables_count_once(staging: Connection) -> None:
    run(
        staging,
        "create table staging.stops (id int, officer_id int references staging.officers)"
        " partition by range (id);"
        "create table staging.stops_1 partition of staging.stops for values from (0) to (10);"
        "create table staging.stops_2 partition of staging.stops for values from (10) to (20);",
    )
    damage(staging, "insert into staging.stops values (1, 77), (11, 78), (12, 1)")
    result = find(staging)
    assert result.metadata["foreign keys"] == 5
    assert result.metadata["failing rows"] == 2


def test_a_key_to_another_schema_is_checked_too(staging: Connection) -> None:
    run(staging, "create table other.towns (id int primary key)")
    run(staging, "create table staging.streets (town int references other.towns)")
    damage(staging, "insert into staging.streets values (4)")
    assert find(staging).metadata["failing rows"] == 1


def test_a_key_that_cannot_be_read_says_so_and_hides_nothing_else(
    staging: Connection, database: Server
) -> None:
    damage(staging, "update staging.arrests set officer_id = 99 where event_id = 1")
    run(
        staging,
        "create role limited; grant usage on schema staging to limited;"
        "grant select on staging.arrests, staging.officers to limited; set role limited",
    )
    try:
        result = find(staging)
    finally:
        run(staging, "reset role; drop owned by limited; drop role limited")
    assert result.metadata["findings"] == [
        "arrests.arrests_day_post_fkey: could not be checked: "
        "permission denied for table shifts (42501)",
        "arrests.arrests_officer_id_fkey: 1 row with (officer_id) that officers (officer_id) lacks",
    ]


def test_declared_exceptions_and_untouched_tables_are_left_out(staging: Connection) -> None:
    damage(staging, "delete from staging.officers")
    assert find(staging, **{"except": ("arrests.*",)}).passed
    check = Check("foreign_keys_valid", "foreign_keys_valid", "schema")
    with reading(staging):
        assert evaluate_foreign_keys(staging, check, "staging", {"shifts"}).passed
        assert not evaluate_foreign_keys(staging, check, "staging", {"officers"}).passed


def find_after_build(connection: Connection, built: set[str], fresh: set[str]) -> CheckResult:
    check = Check("foreign_keys_valid", "foreign_keys_valid", "schema")
    with reading(connection):
        return evaluate_foreign_keys(connection, check, "staging", built, fresh)


def test_after_a_build_keys_that_it_validated_are_not_looked_at_again(staging: Connection) -> None:
    compared = "foreign keys compared row by row"
    result = find_after_build(staging, {"arrests"}, {"arrests"})
    assert (result.metadata["foreign keys"], result.metadata[compared]) == (4, 0)
    assert find_after_build(staging, {"officers"}, {"officers"}).metadata[compared] == 0
    # A table that is filled with its keys in place may have been written to past them.
    both = {"officers", "arrests"}
    assert find_after_build(staging, both, {"officers"}).metadata[compared] == 4
    assert find_after_build(staging, {"officers"}, set()).metadata[compared] == 3


def test_after_a_build_a_key_that_was_not_validated_is_looked_at_all_the_same(
    staging: Connection,
) -> None:
    run(
        staging,
        "alter table staging.arrests drop constraint arrests_officer_id_fkey;"
        "update staging.arrests set officer_id = 99 where event_id = 1;"
        "alter table staging.arrests add constraint later foreign key (officer_id)"
        " references staging.officers not valid",
    )
    result = find_after_build(staging, {"arrests"}, {"arrests"})
    assert (result.passed, result.metadata["failing rows"]) == (False, 1)


def test_postgres_15_answers_the_same(database15: Server) -> None:
    with closing(database15.connect("test", autocommit=True)) as connection:
        run(connection, SETUP)
        assert find(connection).passed
        damage(connection, "delete from staging.officers")
        assert find(connection).metadata["failing rows"] == 40
