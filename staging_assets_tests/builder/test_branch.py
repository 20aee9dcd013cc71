"""A branch: the tables that differ from a live schema are built, the rest is the live one's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import run_checks
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
    checks = run_checks(database, load(tmp_path / "branch", changed), "next")
    assert [each.summary for each in checks if not each.passed] == []
    assert before == ask(
        witness,
        "select oid, relfilenode, relname from pg_class"
        " where relnamespace = 'staging'::regnamespace order by 1",
    )
    ask(witness, "create view next.probe as select * from staging.hub")
    assert find_hanging(witness, "next", "staging") != [], "nothing would be found"


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
    assert "foreign key other_id_fkey of next.other: 1 row without a partner" in str(
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
    # What the live schema has built since is read again, and no more.
    build_all(database, load(tmp_path / "live", FILES), ["leaf"])
    assert build_branch(database, tmp_path, again, rebuild=Rebuild.CHANGED) == {}
    build_all(database, load(tmp_path / "live", FILES), ["hub"])
    assert {"leaf", "below", "other"} == set(
        build_branch(database, tmp_path, again, rebuild=Rebuild.CHANGED)
    )
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


def test_scripts_read_the_live_tables_and_not_their_views(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    reader = (
        "create table staging.reader (id int references staging.hub (id), said text)",
        "insert into staging.reader (id, said)"
        " select h.id, h.name from staging.hub as h group by h.id"  # by its key
        " union all select id, ctid::text from staging.hub tablesample system (100)"
        " union all select id, tableoid::regclass::text from staging.hub where tableoid ="
        " 'staging.hub'::regclass;"
        "do $$ begin execute format('insert into staging.reader select id from staging.%I', 'hub');"
        " execute 'insert into staging.reader select id from staging.hub for key share'; end $$",
    )
    files = {**FILES, **tables(reader=reader)}
    build_live(database, tmp_path, files)
    changed = change(files, reader=(reader[0], f"{reader[1]}; select 1"))
    build_branch(database, tmp_path, changed)
    rows = "select id, said from {}.reader order by 1, 2"
    assert ask(witness, rows.format("next")) == ask(witness, rows.format("staging"))
    assert ask(witness, "select count(*) from next.reader") == 250


def test_scripts_that_would_write_a_live_table_are_refused_before_anything_is_built(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    build_live(database, tmp_path)
    files = {
        **change(FILES, other=(OTHER[0], f"{OTHER[1]};\nselect staging.purge(), staging.deep()")),
        "create_stored_procedures/purge.sql": "create function staging.purge() returns void"
        " language sql as $$\n delete from staging.hub where id = 1 $$;\n"
        "create function staging.deep() returns void language plpgsql as"
        " $$ begin perform staging.purge(); end $$",
        "populate_tables/demo/staging-other-cleanup.py": "def main(pgw):\n"
        "    pgw.execute('truncate staging.leaf')\n",
    }
    with pytest.raises(BuildError) as refused:
        build(database, load(tmp_path / "b", files), schema="next", changed_from="staging")
    told = str(refused.value)
    assert "purge.sql:2:14: it would change staging.hub" in told
    assert "staging-other-cleanup.py:2: it would empty staging.leaf" in told
    assert "change the script of hub, leaf too" in told
    assert ask(witness, "select to_regnamespace('next')") is None
    assert ask(witness, "select count(*) from staging.leaf") == 50


@pytest.mark.parametrize(
    "statement",
    [
        "do $$ begin execute format('delete from staging.%I', 'hub'); end $$",
        "do $$ declare t text := 'staging.hub'; begin execute 'delete from ' || t; end $$",
        "do $$ begin execute 'truncate ' || 'staging.h' || 'ub cascade'; end $$",
        "select nextval(replace('staging.hub#id_seq', '#', '_'))",
        "set search_path = staging; delete from hub",
        "do $$ begin perform set_config('search_path', 'staging', true);"
        " execute 'delete from h' || 'ub'; end $$",
    ],
)
def test_what_would_write_in_a_way_that_cannot_be_seen_is_taken_back(
    statement: str, tmp_path: Path, database: Server, witness: Connection
) -> None:
    build_live(database, tmp_path, {**FILES, **tables(other=OTHER)})
    numbers = ask(witness, "select last_value, is_called from staging.hub_id_seq")
    files = change(FILES, other=(OTHER[0], f"{OTHER[1]};\n{statement}"))
    try:
        results = build(
            database, load(tmp_path / "b", files), schema="next", changed_from="staging"
        )
    except BuildError:
        pass  # it was seen
    else:
        assert results["other"].status == "failed", results["other"]
        assert ask(witness, "select to_regclass('next.other')") is None
    assert ask(witness, "select count(*) from staging.hub") == 50
    assert ask(witness, "select count(*) from staging.leaf") == 50
    if "nextval" in statement:
        # The number is gone, as no rollback brings one back; but the run has failed and says so.
        assert "written to hub_id_seq of staging" in str(results["other"].message)
    else:
        assert ask(witness, "select last_value, is_called from staging.hub_id_seq") == numbers


def test_numbers_come_from_copies_of_live_sequences(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    hub = (HUB[0] + "; create sequence staging.tickets start 1000 increment 5", HUB[1])
    drawing = (
        "create table staging.drawing (n int default nextval('staging.tickets'), id int)",
        "insert into staging.drawing (id) select id from staging.hub limit 3",
    )
    files = {**FILES, **tables(hub=hub, drawing=drawing)}
    build_live(database, tmp_path, files)
    ask(witness, "select nextval('staging.tickets') from generate_series(1, 4)")
    at = ask(witness, "select last_value, is_called from staging.tickets")
    changed = change(files, drawing=(drawing[0], drawing[1].replace("3", "4")))
    build_branch(database, tmp_path, changed)
    assert ask(witness, "select last_value, is_called from staging.tickets") == at
    (last, _), *_ = at
    assert ask(witness, "select array_agg(n order by n) from next.drawing") == [
        last + 5 * i for i in range(1, 5)
    ]
    assert branch_of(witness).sequences == {"tickets"}
    assert find_hanging(witness, "next", "staging") == []


def test_what_would_hold_a_live_table_fast_is_built_with_it(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    mood = (
        "create type staging.mood as enum ('good', 'bad');"
        "create table staging.moods (m staging.mood)",
        "insert into staging.moods values ('good')",
    )
    typed = (
        "create table staging.typed (m staging.mood)",
        "insert into staging.typed select m from staging.moods",
    )
    files = {
        **FILES,
        **tables(
            moods=mood, typed=typed, seen="create view staging.seen as select * from staging.other"
        ),
        "create_stored_procedures/rows.sql": "create function staging.name_of(r staging.hub)"
        " returns text language sql as 'select r.name'",
    }
    del files["create_tables/CREATE-staging-below.sql"]
    del files["populate_tables/demo/POPULATE-staging-below.sql"]
    build_live(database, tmp_path, files)
    plans: list[BuildPlan] = []
    changed = {
        **files,
        **tables(
            typed=(typed[0], typed[1] + " limit 1"),
            seen="create view staging.seen as select id from staging.other",
        ),
    }
    build_branch(database, tmp_path, changed, planned=plans.append)
    told = {node: [str(reason) for reason in why] for node, why in plans[0].build.items()}
    assert "typed hangs on it in the catalog" in told["moods"]
    assert "seen hangs on it in the catalog" in told["other"]
    assert "stored_procedures/rows hangs on it in the catalog" in told["hub"]
    assert find_hanging(witness, "next", "staging") == []
    build_live(database, tmp_path, changed)


def test_names_without_a_schema_are_found_in_the_branch_and_then_in_the_live_schema(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    def bare(**scripts: tuple[str, str]) -> dict[str, str]:
        return {name: text.replace("staging.", "") for name, text in tables(**scripts).items()} | {
            "staging.yaml": "search_path: [staging]\n"
        }

    leaf = (LEAF[0], "insert into leaf select id, 1 from hub tablesample system (100)")
    files = bare(hub=HUB, leaf=leaf) | {
        "create_stored_procedures/count.sql": "create function how_many() returns bigint"
        " language sql as 'select count(*) from hub tablesample system (100)'",
    }
    build_live(database, tmp_path, files)
    changed = {**files, **bare(leaf=(leaf[0], leaf[1] + " where how_many() = 50 and id < 9"))}
    build_branch(database, tmp_path, changed)
    assert ask(witness, "select count(*) from next.leaf") == 8
    assert [key.references for key in branch_of(witness).keys] == ["hub"]
    assert find_hanging(witness, "next", "staging") == []


def test_tables_filled_where_they_stand_and_cleanups_are_looked_at_too(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    files = {
        **FILES,
        "create_stored_procedures/fill.sql": "create procedure staging.fill(n int) language plpgsql"
        " as $$ begin execute format('insert into %I.other select generate_series(1, %s)',"
        " 'staging', n); end $$",
    }
    filled = change(files, other=(OTHER[0], "call staging.fill(5)"))
    build_live(database, tmp_path, filled)
    assert build_branch(
        database, tmp_path, change(filled, other=(OTHER[0], "call staging.fill(6)"))
    )
    assert ask(witness, "select count(*) from next.other") == 6
    assert ask(witness, "select count(*) from staging.other") == 5
    orphans = change(filled, other=(OTHER[0], "call staging.fill(51)"))
    results = build(database, load(tmp_path / "c", orphans), schema="next", changed_from="staging")
    assert results["other"].sqlstate == "23503", results["other"]
    cleaned = {
        **change(files, other=(OTHER[0], OTHER[1] + " limit 7")),
        "populate_tables/demo/staging-other-cleanup.py": "def main(pgw):\n"
        "    pgw.execute('update staging.other set id = id + 1000 where id = 7')\n",
    }
    results = build(database, load(tmp_path / "d", cleaned), schema="next", changed_from="staging")
    assert results["other"].status == "failed" or results["other_cleanup"].status == "failed"
    assert ask(witness, "select count(*) from next.other where id > 1000") == 0


def test_a_cleanup_reads_the_live_tables_and_writes_none(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    build_live(database, tmp_path)

    def cleaned(code: str) -> dict[str, str]:
        text = f"def main(pgw):\n    {code}\n"
        name = "populate_tables/demo/staging-other-cleanup.py"
        return {**change(FILES, other=(OTHER[0], OTHER[1] + " limit 9")), name: text}

    reads = cleaned(
        "pgw.execute('delete from staging.other where id in'\n"
        "        ' (select id from staging.hub tablesample system (100) where id > 5)')\n"
        "    assert pgw.check_table_has_nrows('hub', 'staging', 50)"
    )
    build_branch(database, tmp_path, reads)
    assert ask(witness, "select count(*) from next.other") == 5
    for number, code in enumerate(
        (
            "schema = 'staging'; pgw.execute(f'delete from {schema}.hub')",
            "schema = 'staging'; pgw.execute(f'truncate {schema}.leaf')",
            "pgw.drop_table('leaf', 'staging')",
            "import pandas; pandas.DataFrame({'id': [99]}).to_sql('hub', pgw.engine,"
            " schema='staging', if_exists='append', index=False)",
        )
    ):
        folder = tmp_path / str(number)
        results = build(
            database, load(folder, cleaned(code)), schema="next", changed_from="staging"
        )
        failed = [node for node, result in results.items() if result.status == "failed"]
        assert failed in (["other"], ["other_cleanup"]), (code, results)
    assert ask(witness, "select count(*), max(id) from staging.hub") == [(50, 50)]
    assert ask(witness, "select count(*) from staging.leaf") == 50


def test_what_is_missing_is_built_and_what_makes_no_sense_is_refused(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    seeded = (
        "create table staging.seeded (id int references staging.hub (id));"
        "insert into staging.seeded values (1)"
    )
    files = {**FILES, **tables(seeded=seeded)}
    build_live(database, tmp_path, files)
    changed = {**files, **tables(seeded=f"{seeded}, (2)")}
    # Rows that its CREATE script makes need the key at once: so the hub is built too.
    built = build_branch(database, tmp_path, changed, rebuild=Rebuild.MISSING)
    assert {"seeded", "hub", "leaf", "below", "other"} <= built.keys()
    assert find_hanging(witness, "next", "staging") == []
    again = build_branch(database, tmp_path, changed, rebuild=Rebuild.MISSING)
    assert again.keys() <= {"stored_procedures/double"}
    with pytest.raises(BuildError, match="create_only makes empty tables"):
        build(
            database,
            load(tmp_path / "c", changed),
            schema="next",
            changed_from="staging",
            create_only=True,
        )


def test_a_schema_that_holds_tables_is_not_made_a_branch(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    build_live(database, tmp_path)
    build_all(database, load(tmp_path / "whole", FILES), schema="next")
    project = load(tmp_path / "branch", change(FILES, other=(OTHER[0], OTHER[1] + " limit 3")))
    for schema, live in (("next", "staging"), ("staging", "next")):  # the wrong way round
        with pytest.raises(BuildError, match=f"{schema}: it is no branch, and holds below, hub"):
            build(database, project, schema=schema, changed_from=live)
    for schema in ("next", "staging"):
        assert ask(witness, f"select count(*) from {schema}.hub") == 50
        kinds = "select array_agg(distinct relkind) from pg_class where relname in"
        where = f" ('hub', 'leaf', 'below', 'other') and relnamespace = '{schema}'::regnamespace"
        assert ask(witness, f"{kinds}{where}") == ["r"]


def test_who_may_not_read_the_records_of_the_live_schema_is_told(
    tmp_path: Path, database: Server, witness: Connection
) -> None:
    build_live(database, tmp_path)
    ask(witness, "alter schema staging__build rename to hidden")
    ask(witness, "create schema staging__build")
    ask(witness, "create view staging__build.__builds as select 1 as made_of, 1 / 0 as node")
    with pytest.raises(BuildError, match=r"staging: .*Who builds a branch must be able"):
        build(database, load(tmp_path / "b", FILES), schema="next", changed_from="staging")
