"""What a branch is, is noted beside the memory of its builds."""

from __future__ import annotations

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.builder import Build, MadeOf, run_prepare_history
from staging_assets.builder.records.history import record_sql
from staging_assets.postgres import (
    Branch,
    BranchKey,
    KeptAside,
    find_build_schema,
    forget_branch_sql,
    note_branch_keys_sql,
    note_kept_sql,
    read_branch,
    run_note_branch,
)

KEY = BranchKey("a", '"A k"', "FOREIGN KEY (b) REFERENCES staging.b(id)", "b", "it's", False)


def run(connection: Connection, *statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(";".join(statements))


def prepare(connection: Connection, schema: str) -> None:
    name = find_build_schema(schema).replace('"', '""')
    run(connection, f'create schema if not exists "{name}"')
    run_prepare_history(connection, schema)


@pytest.mark.parametrize("schema", ["next", "50% off", "a'b; drop"])
def test_a_branch_is_read_as_it_was_noted(witness: Connection, schema: str) -> None:
    assert read_branch(witness, schema) is None
    prepare(witness, schema)
    assert read_branch(witness, schema) is None
    noted = Branch(
        schema,
        "sta'ging",
        frozenset({"a", "a_cleanup"}),
        frozenset({"b"}),
        sequences=frozenset("s"),
    )
    run_note_branch(witness, noted)
    assert read_branch(witness, schema) == noted
    run(witness, forget_branch_sql(schema))
    assert read_branch(witness, schema) is None


def test_what_a_built_table_has_read_comes_from_the_record_of_its_build(
    witness: Connection,
) -> None:
    prepare(witness, "next")
    run_note_branch(witness, Branch("next", "staging", frozenset({"a", "c"}), frozenset({"b"})))
    above = {"b": "content of b", "c": "content of c", "d_cleanup": None}
    run(
        witness,
        record_sql("next", "a", Build(1, 0.1, "content of a", MadeOf(above=above))),
        note_branch_keys_sql("next", "a", [KEY]),
    )
    found = read_branch(witness, "next")
    assert found is not None
    assert found.read == {"a": {"b": "content of b", "d_cleanup": None}}
    assert found.pinned == {"b": {"content of b"}, "d_cleanup": {None}}
    assert found.keys == (KEY,)


def test_keys_stay_noted_as_long_as_the_table_is_the_branchs_own(witness: Connection) -> None:
    prepare(witness, "next")
    first = Branch("next", "staging", frozenset({"a", "c"}), frozenset({"b"}))
    run_note_branch(witness, first)
    run(witness, note_branch_keys_sql("next", "a", [KEY]))
    run_note_branch(witness, first)
    assert (found := read_branch(witness, "next")) and found.keys == (KEY,)
    run_note_branch(witness, Branch("next", "staging", frozenset({"c"}), frozenset({"a", "b"})))
    assert (found := read_branch(witness, "next")) and found.keys == ()
    assert found.views == {"a", "b"}
    run_note_branch(witness, first)
    assert (found := read_branch(witness, "next")) and found.keys == ()


def test_what_a_branch_replaces_is_noted_by_the_scripts_of_the_live_table(
    witness: Connection,
) -> None:
    prepare(witness, "staging")
    prepare(witness, "next")
    branch = Branch("next", "staging", frozenset({"a", "new"}), frozenset({"b"}))
    live = [{"populate": "1", "create": "2"}, {"create": "2", "populate": "1"}, {"create": "3"}]
    marks = []
    for parts in live:
        run(witness, record_sql("staging", "a", Build(1, 0.1, "c", MadeOf(parts=parts))))
        run_note_branch(witness, branch)
        found = read_branch(witness, "next")
        assert found is not None
        assert found.replaced.keys() == {"a"}
        marks.append(found.replaced["a"])
    assert marks[0] == marks[1] != marks[2]


def test_what_was_put_aside_is_read_as_it_was_noted(witness: Connection) -> None:
    prepare(witness, "next")
    kept = KeptAside(("a", "a_id_seq"), ("f",), {"b": "content", "c": None})
    noted = Branch("next", "staging", frozenset({"a", "a_cleanup"}), keys=(KEY,), kept=kept)
    run(witness, note_kept_sql(noted))
    assert read_branch(witness, "next") == noted
