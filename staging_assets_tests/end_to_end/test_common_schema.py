"""The CREATE scripts and lookup rows in sql/: do they say what the Common Police Schema says?"""

from __future__ import annotations

import graphlib
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.databases import fresh_database

ROOT = Path(__file__).parents[2]
SCRIPTS = {
    path.stem.removeprefix("CREATE-staging-"): path.read_text()
    for path in sorted((ROOT / "sql/create_tables").glob("CREATE-staging-*.sql"))
}
LIST = ROOT.parent / "shared/schema/common_police_schema.yaml"

NO_LOOKUP = {
    "acs_shapefiles.acs_area_level_code": "text; codes of lookup_acs_area_levels are numbers",
    "charges.accepted_by_magistrate_code": "the schema has no lookup table for it",
    "incidents.concerns_type_code": "the schema has no lookup table for it",
    "incidents.department_defined_incident_type_code": "the department's own number",
    "officer_characteristics.field_of_study_code": "the schema has no lookup table for it",
    "officer_roles.department_defined_officer_id_code": "an identifier, not a code",
    "officer_shifts.unit_type_code": "text; codes of lookup_unit_types are numbers",
    "officers_hub.department_defined_officer_id_code": "an identifier, not a code",
    "weather.sky_conditions_total_coverage_code": "double precision; a key must be a whole number",
}
"""Columns named *_code that have no foreign key to a lookup table, and why."""

TABLE_COMMENTS = """
    select c.relname, obj_description(c.oid)
    from pg_class as c
    where c.relnamespace = 'staging'::regnamespace and c.relkind = 'r'
"""
COLUMNS = """
    select
        c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
        col_description(c.oid, a.attnum), pg_get_expr(d.adbin, d.adrelid)
    from pg_class as c
    inner join pg_attribute as a on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
    where c.relnamespace = %s::regnamespace and c.relkind = 'r'
    order by c.relname, a.attnum
"""
KEYS = """
    select
        t.relname, k.contype::text, a.attname, target.relname, f.attname
    from pg_constraint as k
    inner join pg_class as t on k.conrelid = t.oid
    left join pg_class as target on k.confrelid = target.oid
    inner join pg_attribute as a on k.conrelid = a.attrelid and a.attnum = any(k.conkey)
    left join pg_attribute as f on k.confrelid = f.attrelid and f.attnum = k.confkey[1]
    where k.connamespace = 'staging'::regnamespace and k.contype in ('p', 'f')
"""


def creation_order() -> list[str]:
    """The tables so that each comes after those that it references; raises CycleError."""
    references = {
        table: set(re.findall(r"\breferences staging\.(\w+)", text)) - {table}
        for table, text in SCRIPTS.items()
    }
    return list(graphlib.TopologicalSorter(references).static_order())


@cache
def lookups() -> dict[str, Any]:
    text = (ROOT / "sql/populate_tables/lookup/lookup_tables.yaml").read_text()
    return dict(yaml.safe_load(text))


@cache
def facts() -> Mapping[str, Any]:
    """The list of the schema, which lies beside some checkouts; skips the test elsewhere."""
    if not LIST.exists():
        pytest.skip(f"{LIST} is not there to compare with")
    return dict(yaml.safe_load(LIST.read_text()))


@pytest.fixture(scope="module")
def built(server: Server) -> Iterator[Connection]:
    """A session in a database that has every table, empty."""
    with fresh_database(server) as fresh, closing(fresh.connect("common schema")) as connection:
        with connection.cursor() as cursor:
            cursor.execute("create schema staging")
            for table in creation_order():
                cursor.execute(SCRIPTS[table])
        connection.commit()
        yield connection


@pytest.fixture
def catalog(built: Connection) -> Iterator[Connection]:
    """The same session for every test; whatever a test does in it is undone."""
    yield built
    built.rollback()


def fetch(connection: Connection, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments or None)
        return cursor.fetchall()


def primary_keys(connection: Connection) -> set[tuple[str, str]]:
    """Table and column of every part of a primary key."""
    return {(table, column) for table, kind, column, *_ in fetch(connection, KEYS) if kind == "p"}


def foreign_keys(connection: Connection) -> set[tuple[str, str, str, str]]:
    """Table and column, and the table and column that these refer to."""
    rows = fetch(connection, KEYS)
    return {(table, column, *target) for table, kind, column, *target in rows if kind == "f"}


def test_a_script_makes_the_table_of_its_name_and_nothing_else() -> None:
    assert len(SCRIPTS) > 90
    for table, text in SCRIPTS.items():
        assert re.findall(r"^create table staging\.(\w+)", text, re.MULTILINE) == [table]
        touched = re.findall(r"\bon (?:table |column )?staging\.(\w+)", text)
        assert set(touched) == {table}
        assert not re.search(r"^(drop|truncate)\b|\bcascade\b", text, re.MULTILINE)


def test_every_table_and_column_has_a_comment_that_says_more_than_its_name(
    catalog: Connection,
) -> None:
    def words(text: str) -> str:
        return re.sub(r"[^a-z0-9]", "", text.lower())

    tables = fetch(catalog, TABLE_COMMENTS)
    columns = fetch(catalog, COLUMNS, "staging")
    assert {table for table, _ in tables} == set(SCRIPTS)
    said = {str(table): comment for table, comment in tables}
    said |= {f"{table}.{column}": comment for table, column, _, comment, _ in columns}
    assert len(said) > 700
    poor = {
        name: comment
        for name, comment in said.items()
        if not comment or words(comment) == words(name.rpartition(".")[2]) or comment.endswith(".")
    }
    assert not poor


def test_every_lookup_table_takes_the_rows_of_the_yaml(catalog: Connection) -> None:
    assert set(lookups()) == {table for table in SCRIPTS if table.startswith("lookup_")}
    for table, content in lookups().items():
        columns, rows = content["columns"], content["rows"]
        statement = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier("staging", table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
        )
        with catalog.cursor() as cursor:
            cursor.executemany(statement, rows)
            cursor.execute(
                sql.SQL(
                    "select count(*), count(code), count(distinct code), "
                    "count(distinct lower(value)) from {}"
                ).format(sql.Identifier("staging", table))
            )
            assert set(cursor.fetchone() or ()) == {len(rows)}, table


def test_offences_are_grouped_as_the_charges_are() -> None:
    charges = {code: value for code, value, _ in lookups()["lookup_charges"]["rows"]}
    offences = lookups()["lookup_ucr4_codes"]["rows"]
    assert all(re.fullmatch(r"\d{4}", code) for code, _, _ in offences)
    assert all(charges[int(code[:2])] == group for code, _, group in offences)


def test_every_code_refers_to_its_lookup_table_or_there_is_a_reason(catalog: Connection) -> None:
    codes = {
        f"{table}.{column}"
        for table, column, *_ in fetch(catalog, COLUMNS, "staging")
        if column.endswith("_code") and not table.startswith("lookup_")
    }
    referring = {
        f"{table}.{column}"
        for table, column, target, key in foreign_keys(catalog)
        if target.startswith("lookup_") and key == "code"
    }
    assert len(codes) > 80
    assert codes - referring == set(NO_LOOKUP)


def test_every_lookup_table_is_used_or_there_is_a_reason(catalog: Connection) -> None:
    used = {target for _, _, target, _ in foreign_keys(catalog)}
    assert set(lookups()) - used == {
        "lookup_outcomes",  # no column of the schema is about it
        "lookup_sky_conditions_total_coverages",  # see NO_LOOKUP
        "lookup_unit_types",  # see NO_LOOKUP
    }


def test_a_column_that_is_joined_on_has_an_index(catalog: Connection) -> None:
    first_columns = {
        tuple(row)
        for row in fetch(
            catalog,
            """
            select t.relname, a.attname
            from pg_index as i
            inner join pg_class as t on i.indrelid = t.oid
            inner join pg_attribute as a on i.indrelid = a.attrelid and a.attnum = i.indkey[0]
            """,
        )
    }
    joined = {
        (table, column)
        for table, column, target, _ in foreign_keys(catalog)
        if target in {"events_hub", "officers_hub"} and column in {"event_id", "officer_id"}
    }
    assert joined
    assert joined <= first_columns


def listed_columns() -> dict[str, list[tuple[str, str]]]:
    """Table to (column, type) as the list has them, with the two deviations of this project."""
    listed: dict[str, list[tuple[str, str]]] = {}
    for table, fact in facts().items():
        columns = listed.setdefault(table, [])
        # The list names the table people without any column.
        for column, properties in (fact["columns"] or {}).items():
            # There is no PostGIS: shapes are well-known text beside longitude and latitude.
            if properties["type"].startswith("geometry"):
                columns.append((f"{column}_wkt", "text"))
                if table != "addresses":
                    columns += [("longitude", "decimal"), ("latitude", "decimal")]
            else:
                columns.append((column, properties["type"]))
    return listed


def test_tables_columns_and_types_are_those_of_the_list(catalog: Connection) -> None:
    listed = listed_columns()
    assert set(listed) <= set(SCRIPTS)
    with catalog.cursor() as cursor:
        cursor.execute("create schema listed")
        for table, columns in listed.items():
            body = [sql.SQL("{} " + type_).format(sql.Identifier(name)) for name, type_ in columns]
            cursor.execute(
                sql.SQL("create table {} ({})").format(
                    sql.Identifier("listed", table), sql.SQL(", ").join(body)
                )
            )
        cursor.execute(COLUMNS, ("listed",))
        expected = [row[:3] for row in cursor.fetchall()]
        cursor.execute(COLUMNS, ("staging",))
        listed_with_columns = {table for table, columns in listed.items() if columns}
        actual = [row[:3] for row in cursor.fetchall() if row[0] in listed_with_columns]
    assert actual == expected


def test_keys_and_defaults_are_those_of_the_list(catalog: Connection) -> None:
    primary, foreign = primary_keys(catalog), foreign_keys(catalog)
    defaults = {(row[0], row[1]): row[4] for row in fetch(catalog, COLUMNS, "staging")}
    missing = []
    for table, fact in facts().items():
        for column, properties in (fact["columns"] or {}).items():
            if properties.get("pk") and (table, column) not in primary:
                missing.append(f"{table}.{column} is no primary key")
            if "fk" in properties:
                target, key = properties["fk"].removesuffix(")").split("(")
                if (table, column, target, key) not in foreign:
                    missing.append(f"{table}.{column} does not refer to {target}")
            if properties["type"] == "serial" or "default" in properties:
                default = defaults[table, column] or ""
                if not re.match(r"nextval|CURRENT_TIMESTAMP", default):
                    missing.append(f"{table}.{column} has no default")
    assert not missing


def test_lookup_tables_have_as_many_rows_as_the_list_says() -> None:
    expected = {t: fact["lookup_rows"] for t, fact in facts().items() if "lookup_rows" in fact}
    assert len(expected) > 30
    assert {table: len(lookups()[table]["rows"]) for table in expected} == expected
