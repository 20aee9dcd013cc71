"""A branch: the tables that differ from a live schema are built, the rest is the live one's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import BuildError
from staging_assets.postgres import Branch, Server, read_branch
from staging_assets.scheduler.planning.decide import BuildPlan
from staging_assets_tests.support.builds import (
    Rebuild,
    ask,
    build,
    build_all,
    load,
    statuses,
    tables,
)

HUB = (
    "create table staging.hub (id serial primary key, name text);"
    "comment on table staging.hub is 'a hub'; comment on column staging.hub.name is 'its name'",
    "insert into staging.hub (name) select 'n' || g from generate_series(1, 50) g",
)
LEAF = (
    "create table staging.leaf (id int primary key references staging.hub (id), n int)",
    "insert into staging.leaf select id, staging.double(1) from staging.hub",
)
BELOW = (
    "create table staging.below (id int references staging.leaf (id),"
    " hub int references staging.hub (id))",
    "insert into staging.below select id, id from staging.leaf",
)
OTHER = (
    "create table staging.other (id int primary key references staging.hub (id))",
    "insert into staging.other select id from staging.hub",
)
FILES = tables(hub=HUB, leaf=LEAF, below=BELOW, other=OTHER) | {
    "create_stored_procedures/double.sql": "create or replace function staging.double(n int)"
    " returns int language sql as 'select 2 * n'",
}


def change(files: Mapping[str, str], **changed: tuple[str, str]) -> dict[str, str]:
    """The folder with other scripts for some tables."""
    return {**files, **tables(**changed)}


def branch_of(connection: Connection, schema: str = "next") -> Branch:
    found = read_branch(connection, schema)
    assert found is not None
    return found


def build_live(server: Server, folder: Path, files: Mapping[str, str] = FILES) -> None:
    build_all(server, load(folder / "live", files))


def build_branch(
    server: Server, folder: Path, files: Mapping[str, str], **options: Any
) -> dict[str, str]:
    """Build the branch `next` of `staging`; node to status, of those that were built."""
    chosen = {"schema": "next", "changed_from": "staging", **options}
    found = statuses(build_all(server, load(folder / "branch", files), **chosen))
    return {node: status for node, status in found.items() if status == "built"}


def read_rows(connection: Connection, schema: str, table: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = ask(
        connection, f"select t::text from {schema}.{table} t order by 1"
    )
    return rows


def find_hanging(connection: Connection, schema: str, on: str) -> Any:
    """What in the catalog leads from one schema, and its build schema, to another."""
    return ask(
        connection,
        "select array(select pg_describe_object(d.classid, d.objid, d.objsubid) from pg_depend d"
        " join (select 'pg_class'::regclass as c, oid, relnamespace as n from pg_class"
        " union all select 'pg_type'::regclass, oid, typnamespace from pg_type"
        " union all select 'pg_proc'::regclass, oid, pronamespace from pg_proc) o"
        " on o.c = d.refclassid and o.oid = d.refobjid"
        " where o.n = %s::regnamespace and d.deptype in ('n', 'a')"
        " and (pg_identify_object_as_address(d.classid, d.objid, d.objsubid)).object_names[1]"
        " = any (%s))",
        on,
        [schema, f"{schema}__build"],
    )


def test_what_differs_is_built_and_the_rest_is_shown(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    build_live(database, tmp_path)
    before = ask(
        witness,
        "select oid, relfilenode, relname from pg_class"
        " where relnamespace = 'staging'::regnamespace order by 1",
    )
    changed = change(FILES, leaf=(LEAF[0], LEAF[1].replace("double(1)", "double(id)")))
    plans: list[BuildPlan] = []
    built = build_branch(database, tmp_path, changed, planned=plans.append)
    assert built == dict.fromkeys(["stored_procedures/double", "leaf", "below"], "built")
    told = {node: [str(reason) for reason in why] for node, why in plans[0].build.items()}
    assert told["leaf"] == ["its POPULATE script changed"]
    assert told["below"] == ["leaf is built again"]
    assert {"hub", "other"} <= set(plans[0].left)
    assert (plans[0].live, plans[0].shown) == ("staging", 2)
    build_all(database, load(tmp_path / "full", changed), schema="whole")
    for table in ("hub", "leaf", "below", "other"):
        assert read_rows(witness, "next", table) == read_rows(witness, "whole", table)
    branch = branch_of(witness)
    assert branch.views == {"hub", "other"}
    assert {"leaf", "below"} <= branch.built
    assert set(branch.read["leaf"]) == {"hub"}
    assert [(key.table, key.name, key.references) for key in branch.keys] == [
        ("below", "below_hub_fkey", "hub"),
        ("leaf", "leaf_id_fkey", "hub"),
    ]
    keys = (
        "select conname from pg_constraint"
        " where contype = 'f' and connamespace = 'next'::regnamespace"
    )
    assert ask(witness, keys) == "below_id_fkey"
    assert find_hanging(witness, "next", "staging") == []
    assert before == ask(
        witness,
        "select oid, relfilenode, relname from pg_class"
        " where relnamespace = 'staging'::regnamespace order by 1",
    )


def test_a_view_of_a_live_table_is_read_and_refuses_to_be_written(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    build_live(database, tmp_path)
    build_branch(database, tmp_path, change(FILES, other=(OTHER[0], OTHER[1] + " where id > 1")))
    assert ask(witness, "select obj_description('next.hub'::regclass)").startswith("a hub")
    assert ask(witness, "select col_description('next.hub'::regclass, 2)") == "its name"
    for statement in (
        "delete from next.hub",
        "update next.hub set name = ''",
        "insert into next.hub values (100, 'x')",
    ):
        with pytest.raises(psycopg2.Error, match=r"hub is a table of the live schema"):
            ask(witness, statement)
    with pytest.raises(psycopg2.Error):
        ask(witness, "truncate next.hub")
    assert ask(witness, "select count(*) from staging.hub") == 50
    plan = ask(witness, "explain (costs off) select * from next.hub where id = 5")
    assert "hub_pkey" in str(plan) or "Seq Scan on hub" in str(plan)


def test_a_forgotten_branch_is_in_nobodys_way(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    build_live(database, tmp_path)
    build_branch(database, tmp_path, change(FILES, other=(OTHER[0], OTHER[1] + " where id > 1")))
    later = change(
        FILES,
        hub=(
            "create table staging.hub (id bigserial primary key, called text)",
            "insert into staging.hub (called) select 'n' || g from generate_series(1, 9) g",
        ),
        leaf=(
            "create table staging.leaf (id bigint primary key references staging.hub (id))",
            "insert into staging.leaf select id from staging.hub",
        ),
        below=(
            "create table staging.below (id bigint references staging.leaf (id))",
            "insert into staging.below select id from staging.leaf",
        ),
    )
    build_live(database, tmp_path, later)
    assert ask(witness, "select count(*) from staging.hub") == 9
    assert ask(witness, "select count(*) from next.other") == 49
    # What it shows follows when it is built again.
    build_branch(database, tmp_path, change(later, other=(OTHER[0], OTHER[1] + " where id > 1")))
    assert ask(witness, "select max(called) from next.hub") == "n9"


def test_rows_without_a_partner_fail_as_the_key_would(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    build_live(database, tmp_path)
    orphan = (OTHER[0], OTHER[1] + " union all select 1000")
    results = build(
        database,
        load(tmp_path / "branch", change(FILES, other=orphan)),
        schema="next",
        changed_from="staging",
    )
    assert results["other"].status == "failed"
    assert results["other"].sqlstate == "23503"
    assert "foreign key other_id_fkey of next.other: 1 rows have no partner" in str(
        results["other"].message
    )
    assert ask(witness, "select to_regclass('next.other')") is None
    assert build_branch(database, tmp_path, change(FILES, other=(OTHER[0], OTHER[1] + " limit 3")))
    assert ask(witness, "select count(*) from next.other") == 3


def test_a_branch_is_built_again_and_goes_back(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    build_live(database, tmp_path)
    changed = change(
        FILES,
        leaf=(LEAF[0], LEAF[1].replace("double(1)", "double(id)")),
        other=(OTHER[0], OTHER[1] + " limit 3"),
    )
    assert {"leaf", "below", "other"} < set(build_branch(database, tmp_path, changed))
    assert build_branch(database, tmp_path, changed, rebuild=Rebuild.CHANGED) == {}
    again = change(changed, other=(OTHER[0], OTHER[1] + " limit 4"))
    assert build_branch(database, tmp_path, again, rebuild=Rebuild.CHANGED) == {"other": "built"}
    assert branch_of(witness).keys
    back = change(again, other=OTHER)
    assert build_branch(database, tmp_path, back, rebuild=Rebuild.CHANGED) == {}
    assert branch_of(witness).views == {"hub", "other"}
    assert ask(witness, "select relkind from pg_class where oid = 'next.other'::regclass") == "v"
    assert ask(witness, "select count(*) from next.other") == 50
    # Built completely it is a candidate like any other.
    built = statuses(build_all(database, load(tmp_path / "whole", back), schema="next"))
    assert set(built.values()) == {"built"}
    assert read_branch(witness, "next") is None
    assert find_hanging(witness, "next", "staging") == []
    assert (
        ask(
            witness,
            "select count(*) from pg_constraint where contype = 'f'"
            " and connamespace = 'next'::regnamespace",
        )
        == 4
    )


def test_only_a_part_of_a_branch_is_not_built_as_if_it_were_whole(
    tmp_path: Path, database: Server
) -> None:
    build_live(database, tmp_path)
    build_branch(database, tmp_path, change(FILES, other=(OTHER[0], OTHER[1] + " limit 3")))
    with pytest.raises(BuildError, match="it is a branch of staging"):
        build(database, load(tmp_path / "branch", FILES), ["leaf"], schema="next")


@pytest.mark.parametrize(
    ("live", "said"),
    [("gone", "gone: there is no such schema"), ("next", "cannot be a branch of itself")],
)
def test_a_live_schema_that_is_none_is_told(
    live: str, said: str, tmp_path: Path, database: Server
) -> None:
    with pytest.raises(BuildError, match=said):
        build(database, load(tmp_path, FILES), schema="next", changed_from=live)
