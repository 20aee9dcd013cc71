"""Partitions: made or attached in the table's own script, and never lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.support.builds import (
    Log,
    ask,
    build,
    build_all,
    leftovers,
    load,
    tables,
)

AS_DUMPED = tables(
    tolls=(
        "create table staging.tolls (id integer not null, at date not null)"
        " partition by range (at);\n"
        "create table staging.tolls_2024 (id integer not null, at date not null);\n"
        "alter table only staging.tolls attach partition staging.tolls_2024"
        " for values from ('2024-01-01') to ('2025-01-01');\n"
        "alter table only staging.tolls add constraint tolls_pkey primary key (id, at);\n"
        "alter table only staging.tolls_2024 add constraint tolls_2024_pkey primary key (id, at);\n"
        "alter index staging.tolls_pkey attach partition staging.tolls_2024_pkey;",
        "insert into staging.tolls select 1, date '2024-05-05';",
    )
)
PARTS = (
    "select array_agg(c.oid::regclass::text || ' ' || pg_get_expr(relpartbound, c.oid) order by 1)"
    " from pg_inherits join pg_class c on c.oid = inhrelid and c.relkind = 'r'"
    " where inhparent = 'staging.tolls'::regclass"
)


def test_a_dump_of_a_partitioned_table_is_built_as_it_is(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, AS_DUMPED)
    for _ in range(2):
        assert build_all(database, project)["tolls"].rows == 1
        assert ask(witness, PARTS) == [
            "staging.tolls_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')"
        ]
        assert ask(witness, "select id from staging.tolls_2024") == 1
        assert ask(
            witness,
            "select bool_and(indisvalid) and count(*) = 2 from pg_index where indexrelid in"
            " ('staging.tolls_pkey'::regclass, 'staging.tolls_2024_pkey'::regclass)",
        )
        assert leftovers(witness) == []


def test_it_may_stand_in_a_file_with_tables_that_reference_each_other(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    tolls = AS_DUMPED["create_tables/CREATE-staging-tolls.sql"]
    files = {
        **AS_DUMPED,
        **tables(
            dept=("", "insert into staging.dept values (1, 1);"),
            emp=("", "insert into staging.emp values (1, 1);"),
        ),
        "create_tables/CREATE-all.sql": (
            "create table staging.dept (id int, boss int);\n"
            "create table staging.emp (id int, dept int);\n"
            f"{tolls}\n"
            "alter table only staging.dept add constraint dept_pkey primary key (id);\n"
            "alter table only staging.emp add constraint emp_pkey primary key (id);\n"
            "alter table only staging.dept add constraint to_emp foreign key (boss)"
            " references staging.emp (id);\n"
            "alter table only staging.emp add constraint to_dept foreign key (dept)"
            " references staging.dept (id);\n"
        ),
    }
    for name in ("dept", "emp", "tolls"):
        del files[f"create_tables/CREATE-staging-{name}.sql"]
    project = load(tmp_path, files)
    assert [circle.tables for circle in project.circles] == [("dept", "emp")]
    for _ in range(2):
        build_all(database, project)
        assert ask(
            witness,
            "select array_agg(conname::text order by conname) from pg_constraint"
            " where connamespace = 'staging'::regnamespace and contype in ('p', 'f')"
            " and convalidated",
        ) == ["dept_pkey", "emp_pkey", "to_dept", "to_emp", "tolls_2024_pkey", "tolls_pkey"]
        assert ask(witness, "select id from staging.tolls_2024") == 1


def test_a_partition_that_was_attached_by_hand_goes_with_a_warning(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, AS_DUMPED)
    build_all(database, project)
    ask(
        witness,
        "create table staging.tolls_2025 partition of staging.tolls"
        " for values from ('2025-01-01') to ('2026-01-01')",
    )
    log = Log()
    build_all(database, project, log=log)
    assert (
        "warning: staging.tolls: gone with the old table, not in its script: "
        "partition staging.tolls_2025"
    ) in log.text
    log = Log()
    build_all(database, project, log=log)
    assert "warning" not in log.text


@pytest.mark.parametrize(
    "attach",
    [
        "create table public.all_tolls (id integer, at date) partition by range (at);"
        "alter table public.all_tolls attach partition staging.x"
        " for values from ('2024-01-01') to ('2025-01-01')",
        "create table public.all_tolls (id integer, at date);"
        "alter table staging.x inherit public.all_tolls",
        "create table staging.all_tolls (id integer, at date) partition by range (at);"
        "alter table staging.all_tolls attach partition staging.x default",
    ],
)
def test_a_table_that_is_a_partition_elsewhere_is_not_taken_away_from_there(
    database: Server, witness: Connection, tmp_path: Path, attach: str
) -> None:
    table = (
        "create table staging.x (id integer, at date);",
        "insert into staging.x values (1, '2024-05-05');",
    )
    project = load(tmp_path, tables(x=table))
    build_all(database, project)
    ask(witness, attach)
    parent = "staging.all_tolls" if "staging.all_tolls" in attach else "public.all_tolls"
    result = build(database, project)["x"]
    assert result.message == (
        f"staging.x: staging.x is a partition or child of {parent}, which would lose its rows. "
        "The old table is as it was. "
        f"Detach it, or let the script that makes {parent} make it."
    )
    assert ask(witness, f"select count(*) from {parent}") == 1
    assert leftovers(witness) == []


def test_a_partition_may_have_keys_of_its_own(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = tables(
        hub=(
            "create table staging.hub (id int primary key);",
            "insert into staging.hub values (1)",
        ),
        tolls=(
            "create table staging.tolls (id int, hub int, at date) partition by range (at);\n"
            "create table staging.tolls_2024 (id int primary key, hub int references staging.hub,"
            " at date, unique (hub, at));\n"
            "alter table staging.tolls attach partition staging.tolls_2024"
            " for values from ('2024-01-01') to ('2025-01-01');",
            "insert into staging.tolls values (1, 1, '2024-02-02');",
        ),
    )
    project = load(tmp_path, files)
    for _ in range(2):
        build_all(database, project)
        assert ask(
            witness,
            "select array_agg(conname::text order by conname) from pg_constraint"
            " where conrelid = 'staging.tolls_2024'::regclass and contype in ('p', 'u', 'f')",
        ) == ["tolls_2024_hub_at_key", "tolls_2024_hub_fkey", "tolls_2024_pkey"]
