"""What was built before is remembered beside the data."""

from __future__ import annotations

from dataclasses import replace

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.builder import (
    Build,
    MadeOf,
    read_history,
    run_note_failures,
    run_prepare_history,
)
from staging_assets.builder.records.history import forget_builds_sql, record_sql
from staging_assets.postgres.client.catalog import find_build_schema

MADE_OF = MadeOf(
    {"create": "c'1"}, {"hub": None, "other": "x"}, {"etl.a": [1, "\\ %s \"é'"], "f()": "md5"}
)


def read(connection: Connection, schema: str = "staging") -> dict[str, Build]:
    found = read_history(connection, schema)
    assert all(build.built_at is not None for build in found.values())
    return {node: replace(build, built_at=None) for node, build in found.items()}


def prepare(connection: Connection, schema: str = "staging") -> None:
    with connection.cursor() as cursor:
        name = find_build_schema(schema).replace('"', '""')
        cursor.execute(f'create schema if not exists "{name}"')
    run_prepare_history(connection, schema)


def record(connection: Connection, schema: str, builds: dict[str, Build]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(";".join(record_sql(schema, *each) for each in builds.items()))


def test_nothing_is_remembered_before_the_first_run(witness: Connection) -> None:
    assert read(witness, "staging") == {}


@pytest.mark.parametrize("schema", ["staging", "50% off", 'quo"te', "Ünïcode", "a'b; drop"])
def test_builds_are_remembered_whatever_the_schema_is_called(
    witness: Connection, schema: str
) -> None:
    prepare(witness, schema)
    prepare(witness, schema)
    builds = {
        "a": Build(5, 1.5, "c1", MADE_OF, run_id="r"),
        "it's": Build(None, 0.1, None, MadeOf(), run_id="r'"),
    }
    record(witness, schema, builds)
    assert read(witness, schema) == builds
    with witness.cursor() as cursor:
        cursor.execute(forget_builds_sql(schema, ["a", "it's"]))
    assert read(witness, schema) == {}


def test_a_second_build_takes_the_place_of_the_first(witness: Connection) -> None:
    prepare(witness)
    record(witness, "staging", {"a": Build(5, 1.5, "c1", MADE_OF)})
    with witness.cursor() as cursor:
        cursor.execute("update staging__build.__builds set as_left = '{}', failed = 'x'")
    record(witness, "staging", {"a": Build(6, 2.5, "c2", MadeOf())})
    assert read(witness, "staging") == {"a": Build(6, 2.5, "c2", MadeOf())}


def test_what_failed_is_noted_beside_what_was_built(witness: Connection) -> None:
    prepare(witness)
    build = Build(5, 1.5, "c1", MADE_OF)
    record(witness, "staging", {"a": build, "b": build})
    run_note_failures(witness, "staging", {"b": MADE_OF.hash, "never_built": "x"})
    assert read(witness, "staging") == {
        "a": build,
        "b": replace(build, failed=MADE_OF.hash),
    }


def test_the_records_of_an_earlier_version_are_kept_as_far_as_they_go(witness: Connection) -> None:
    with witness.cursor() as cursor:
        cursor.execute(
            "create schema staging__build; create table staging__build.__builds"
            " (node text primary key, fingerprint text not null, rows bigint,"
            " seconds double precision not null, built_at timestamptz not null default now(),"
            " content_at timestamptz not null default now(), run_id text not null);"
            "insert into staging__build.__builds values ('a', 'f', 5, 1.5, now(), now(), 'r');"
            "comment on table staging__build.__builds is 'department: demo'"
        )
    assert read(witness, "staging") == {}
    prepare(witness)
    assert read(witness, "staging") == {"a": Build(5, 1.5, run_id="r")}
    with witness.cursor() as cursor:
        cursor.execute("select obj_description('staging__build.__builds'::regclass)")
        assert cursor.fetchone() == ("department: demo",)


def test_a_thousand_builds_are_read_at_once(witness: Connection) -> None:
    prepare(witness)
    record(witness, "staging", {f"t{n}": Build(n, 0.1, "c", MADE_OF) for n in range(1000)})
    assert len(read(witness, "staging")) == 1000
