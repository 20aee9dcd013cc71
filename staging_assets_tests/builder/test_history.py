"""What was built before is remembered beside the data."""

from __future__ import annotations

from dataclasses import replace

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.builder.history import (
    Build,
    forget_builds_sql,
    read_history,
    remember,
    run_prepare_history,
)
from staging_assets.postgres.client.catalog import find_build_schema


def prepare(connection: Connection, schema: str = "staging") -> None:
    with connection.cursor() as cursor:
        name = find_build_schema(schema).replace('"', '""')
        cursor.execute(f'create schema if not exists "{name}"')
    run_prepare_history(connection, schema)


def test_nothing_is_remembered_before_the_first_run(witness: Connection) -> None:
    assert read_history(witness, "staging") == {}


@pytest.mark.parametrize("schema", ["staging", "50% off", 'quo"te', "Ünïcode", "a'b; drop"])
def test_builds_are_remembered_whatever_the_schema_is_called(
    witness: Connection, schema: str
) -> None:
    prepare(witness, schema)
    prepare(witness, schema)
    builds = {"a": Build("f1", 5, 1.5, run_id="r"), "b": Build("f2", None, 0.1, run_id="r")}
    remember(witness, schema, builds)
    found = read_history(witness, schema)
    assert {node: replace(build, content_at=None) for node, build in found.items()} == builds
    with witness.cursor() as cursor:
        cursor.execute(forget_builds_sql(schema, ["a", "it's"]))
    assert read_history(witness, schema)["a"].fingerprint == ""


def test_a_second_build_takes_the_place_of_the_first(witness: Connection) -> None:
    prepare(witness)
    remember(witness, "staging", {"a": Build("f1", 5, 1.5)})
    remember(witness, "staging", {"a": Build("f2", 6, 2.5)})
    found = read_history(witness, "staging")["a"]
    assert (found.fingerprint, found.rows, found.seconds) == ("f2", 6, 2.5)


def test_making_the_same_again_keeps_the_age_of_the_content(witness: Connection) -> None:
    prepare(witness)
    remember(witness, "staging", {"a": Build("f1", 5, 1.5), "b": Build("f1", 5, 1.5)})
    first = read_history(witness, "staging")
    builds = {"a": Build("f1", 5, 1.5), "b": Build("f1", 5, 1.5)}
    remember(witness, "staging", builds, same=["a"])
    second = read_history(witness, "staging")
    assert second["a"].content_at == first["a"].content_at
    assert second["b"].content_at > first["b"].content_at  # type: ignore[operator]


def test_a_thousand_builds_go_in_one_statement(witness: Connection) -> None:
    prepare(witness)
    remember(witness, "staging", {f"t{n}": Build("f", n, 0.1) for n in range(1000)})
    assert len(read_history(witness, "staging")) == 1000
