"""A project of twenty tables, each with the checks that find one way of being damaged."""

from __future__ import annotations

from dataclasses import dataclass

LOOKUP_YAML = """
lookup_races:
  columns: [code, value]
  rows: [[0, Unknown], [1, A], [2, B]]
"""

COLUMNS = """
    event_id int primary key,
    officer_id int not null references staging.officers (officer_id),
    race_code int,
    note text,
    age int check (age < 150),
    happened_at timestamp
"""
SOURCE = """
select
    i as event_id, 1 + i % 10 as officer_id, i % 3 as race_code, 'note ' || i as note,
    20 + i % 50 as age, now()::timestamp - i * interval '1 hour' as happened_at
from generate_series(1, 100) as i
"""


@dataclass(frozen=True)
class Damage:
    """One way for a table to go bad.

    Args:
        table: its name; each damage has a table of its own.
        checks: what staging.yaml declares for it, if anything.
        live: SQL that damages the published table by hand.
        found: the checks that must fail for `live`: names, `schema:`-checks among them.
        source: SQL that damages its source before a rebuild.
        create: replaces in the CREATE script before a rebuild (old, new).
        populate: replaces in the POPULATE script before a rebuild (old, new).
        said: part of the message of the failed rebuild.
    """

    table: str
    checks: str
    live: str
    found: tuple[str, ...]
    source: str = ""
    create: tuple[str, str] | None = None
    populate: tuple[str, str] | None = None
    said: str = ""


PAST = "set session_replication_role = replica; {}; reset session_replication_role"
DRIFT, KEYS = "schema_matches_scripts", "foreign_keys_valid"

DAMAGES = [
    Damage(
        "emptied", "",
        live="truncate staging.emptied",
        found=("table_not_empty",),
        source="truncate etl.emptied",
        said="table_not_empty",
    ),
    Damage(
        "all_null", "[has_values: note]",
        live="update staging.all_null set note = null",
        found=("note_has_values",),
        source="update etl.all_null set note = null",
        said="note_has_values",
    ),
    Damage(
        "some_null", "[not_null: [note, age]]",
        live="update staging.some_null set age = null where event_id = 7",
        found=("note_age_not_null",),
        source="update etl.some_null set age = null where event_id = 7",
        said="note_age_not_null",
    ),
    Damage(
        "column_dropped", "[column_exists: note]",
        live="alter table staging.column_dropped drop column note",
        found=("note_exists", DRIFT),
        create=("note text,", ""),
        populate=("*", "event_id, officer_id, race_code, age, happened_at"),
        said="note_exists",
    ),
    Damage(
        "type_changed", "[column_type: {age: integer}]",
        live="alter table staging.type_changed alter column age type bigint",
        found=("age_type", DRIFT),
        create=("age int", "age bigint"),
        said="age_type",
    ),
    Damage(
        "duplicated", "[unique: event_id]",
        live="alter table staging.duplicated drop constraint duplicated_pkey;"
        " insert into staging.duplicated select * from staging.duplicated where event_id < 4",
        found=("event_id_unique", DRIFT),
        create=("primary key", "not null"),
        source="insert into etl.duplicated select * from etl.duplicated where event_id < 4",
        said="event_id_unique",
    ),
    Damage(
        "orphaned_code", "[relationship: race_code -> lookup_races.code]",
        live="update staging.orphaned_code set race_code = 77 where event_id = 5",
        found=("race_code_in_lookup_races",),
        source="update etl.orphaned_code set race_code = 77 where event_id = 5",
        said="race_code_in_lookup_races",
    ),
    Damage(
        "stale", "[freshness: {happened_at: 2 days}]",
        live="update staging.stale set happened_at = happened_at - interval '30 days'",
        found=("happened_at_freshness",),
        source="update etl.stale set happened_at = happened_at - interval '30 days'",
        said="happened_at_freshness",
    ),
    Damage(
        "rows_lost", "[row_count_change: {drop: 5}]",
        live="delete from staging.rows_lost where event_id > 80",
        found=("row_count_change",),
        source="delete from etl.rows_lost where event_id > 80",
        said="row_count_change",
    ),
    Damage(
        "rows_multiplied", "[row_count_between: [50, 150]]",
        live="insert into staging.rows_multiplied select event_id + 1000, officer_id"
        " from staging.rows_multiplied",
        found=("row_count_between",),
        source="insert into etl.rows_multiplied select event_id + 1000, officer_id"
        " from etl.rows_multiplied",
        said="row_count_between",
    ),
    Damage(
        "too_few", "[min_rows: 90]",
        live="delete from staging.too_few where event_id > 80",
        found=("min_rows",),
        source="delete from etl.too_few where event_id > 80",
        said="min_rows",
    ),
    Damage(
        "odd_value", "[accepted_values: {race_code: [0, 1, 2]}]",
        live="update staging.odd_value set race_code = -1 where event_id = 50",
        found=("race_code_accepted_values",),
        source="update etl.odd_value set race_code = -1 where event_id = 50",
        said="race_code_accepted_values",
    ),
    Damage(
        "out_of_range", "[column_value: age between 18 and 100]",
        live="update staging.out_of_range set age = 3 where event_id = 50",
        found=("age_between_18_and_100",),
        source="update etl.out_of_range set age = 3 where event_id = 50",
        said="age_between_18_and_100",
    ),
    Damage(
        "nobody_old", "[column_value: {any: age > 60}]",
        live="update staging.nobody_old set age = 30",
        found=("age_above_60",),
        source="update etl.nobody_old set age = 30",
        said="age_above_60",
    ),
    Damage(
        "own_rule",
        "[{sql: 'select event_id from staging.own_rule where note is null and age > 30',"
        " name: old_ones_have_notes}]",
        live="update staging.own_rule set note = null",
        found=("old_ones_have_notes",),
        source="update etl.own_rule set note = null",
        said="old_ones_have_notes",
    ),
    Damage(
        "orphaned_row", "",
        live=PAST.format("update staging.orphaned_row set officer_id = 99 where event_id < 6"),
        found=(KEYS,),
        source="update etl.orphaned_row set officer_id = 99 where event_id < 6",
        said="orphaned_row_officer_id_fkey",
    ),
    Damage(
        "key_dropped", "",
        live="alter table staging.key_dropped drop constraint key_dropped_officer_id_fkey",
        found=(DRIFT,),
        source="update etl.key_dropped set officer_id = null where event_id = 1",
        said="null value in column \"officer_id\"",
    ),
    Damage(
        "index_dropped", "",
        live="drop index staging.index_dropped_note_idx",
        found=(DRIFT,),
        source="update etl.index_dropped set age = 200 where event_id = 1",
        said="index_dropped_age_check",
    ),
    Damage(
        "loosened", "",
        live="alter table staging.loosened alter column officer_id drop not null,"
        " alter column note set default 'x'",
        found=(DRIFT,),
        source="alter table etl.loosened alter column age type text using 'unknown'",
        populate=("*", "event_id, officer_id, race_code, note, age::int, happened_at"),
        said="invalid input syntax for type integer",
    ),
    Damage(
        "gone", "",
        live="drop table staging.gone",
        found=("table_not_empty", DRIFT),
        source="alter table etl.gone rename to went",
        said='relation "etl.gone" does not exist',
    ),
]  # fmt: skip
TABLES = [damage.table for damage in DAMAGES]


def build_create(table: str) -> str:
    """The CREATE script of a table."""
    return f"create table staging.{table} ({COLUMNS});\ncreate index on staging.{table} (note);\n"


def build_populate(table: str) -> str:
    """The POPULATE script of a table."""
    return f"insert into staging.{table} select * from etl.{table};\n"


def build_files() -> dict[str, str]:
    """The healthy project: path to text."""
    files = {
        "populate_tables/lookup/lookup_tables.yaml": LOOKUP_YAML,
        "create_tables/CREATE-staging-lookup_races.sql": "create table staging.lookup_races"
        " (code int primary key, value text);",
        "create_tables/CREATE-staging-officers.sql": "create table staging.officers"
        " (officer_id int primary key);",
        "populate_tables/demo/POPULATE-staging-officers.sql": "insert into staging.officers"
        " select distinct officer_id from etl.officers;",
        "staging.yaml": "checks:\n"
        + "".join(f"  {d.table}: {d.checks}\n" for d in DAMAGES if d.checks),
    }
    for table in TABLES:
        files[f"create_tables/CREATE-staging-{table}.sql"] = build_create(table)
        files[f"populate_tables/demo/POPULATE-staging-{table}.sql"] = build_populate(table)
    return files


def build_damaged_files(damage: Damage) -> dict[str, str]:
    """The scripts that a damage changes: path to text."""
    files = {}
    if damage.create:
        text = build_create(damage.table)
        if damage.table == "column_dropped":
            text = text.replace(f"create index on staging.{damage.table} (note);\n", "")
        files[f"create_tables/CREATE-staging-{damage.table}.sql"] = text.replace(*damage.create)
    if damage.populate:
        files[f"populate_tables/demo/POPULATE-staging-{damage.table}.sql"] = build_populate(
            damage.table
        ).replace(*damage.populate)
    return files


def build_source(table: str) -> str:
    """SQL that makes the healthy source of a table anew."""
    return f"drop table if exists etl.{table}, etl.went; create table etl.{table} as {SOURCE};"


def build_sources() -> str:
    """SQL that makes all sources."""
    hub = "create table etl.officers as select i as officer_id from generate_series(1, 10) as i;"
    return "create schema etl;" + hub + "".join(build_source(table) for table in TABLES)
