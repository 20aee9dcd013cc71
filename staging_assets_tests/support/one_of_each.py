"""A folder with a table of each kind, in two versions, and all that stands in its schema.

The second version has other rows in every table, and another structure in some. Whatever a build
of the one over the other leaves can so be told: a table is the one or the other, or half.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.model import StagingProject
from staging_assets.postgres import read_owed_keys
from staging_assets_tests.support.builds import ask, leftovers, load, tables

TURNS = (1, 2)
CLEANED_LATER = "dept"
"""A table in a circle: its cleanup runs when it is published."""
_ROWS = 300


def files(turn: int) -> dict[str, str]:
    """The folder in one of its two versions."""
    second = turn == 2
    more = ", more int default 0" if second else ""
    index = "create index hub_more_idx on staging.hub (more);" if second else ""
    series = f"from generate_series(1, {_ROWS}) as g"
    hub = (
        f"create table staging.hub (id serial primary key, key int unique, turn int{more});{index}"
        f" comment on column staging.hub.turn is 'turn {turn}'; create index on staging.hub (turn)",
        f"insert into staging.hub (key, turn) select g, {turn} {series}",
    )
    return {
        **tables(
            hub=hub,
            events=(
                "create table staging.events (id int primary key, turn int,"
                " hub_id int references staging.hub (id) on delete cascade,"
                " colour int references staging.lookup_colours (code))",
                f"insert into staging.events select h.id, {turn}, h.id, 1 from staging.hub as h",
            ),
            counts=(
                f"create table staging.counts (hub_id int primary key, n int, turn int{more})",
                f"insert into staging.counts select hub_id, staging.twice(1), {turn}"
                " from staging.events",
            ),
            dept=(
                "create table staging.dept (id int primary key,"
                " boss int references staging.emp, turn int, done int)",
                f"insert into staging.dept values (1, 1, {turn}, null)",
            ),
            emp=(
                "create table staging.emp (id int primary key,"
                " dept int references staging.dept, turn int)",
                f"insert into staging.emp values (1, 1, {turn})",
            ),
            cleaned=(
                "create table staging.cleaned (id int primary key, turn int, done int)",
                f"insert into staging.cleaned (id, turn) select g, {turn} {series}",
            ),
            wide=(
                "create table staging.wide (id int, turn int) partition by list (turn);"
                " create table staging.wide_rest partition of staging.wide default",
                f"insert into staging.wide select g, {turn} {series}",
            ),
            in_place=(
                f"create table staging.in_place (id int primary key, turn int{more})",
                "call staging.fill()",
            ),
        ),
        "create_tables/CREATE-staging-lookup_colours.sql": (
            "create table staging.lookup_colours (code int primary key, turn int)"
        ),
        "populate_tables/lookup/lookup_tables.yaml": (
            f"lookup_colours:\n  columns: [code, turn]\n  rows: [[0, {turn}], [1, {turn}]]\n"
        ),
        "create_stored_procedures/twice.sql": (
            "create or replace function staging.twice(a int) returns int language sql"
            f" as $$ select {turn} * a $$"
        ),
        "create_stored_procedures/fill.sql": (
            "create or replace procedure staging.fill() language plpgsql as $$ begin"
            f" insert into staging.in_place select g, {turn} {series}; end $$"
        ),
        **{
            f"populate_tables/demo/staging-{name}-cleanup.py": (
                f"def main(pgw):\n    pgw.execute('update staging.{name} set done = {turn}')\n"
            )
            for name in ("cleaned", CLEANED_LATER)
        },
    }


# What people have hung on the tables by hand.
HUNG = """
create schema reports;
create table reports.seen (hub int constraint seen_hub references staging.hub (id),
    filled int constraint seen_filled references staging.in_place (id));
insert into reports.seen select g, g from generate_series(1, 100) as g;
create view reports.turns as select id, turn from staging.hub where id > 0;
create materialized view reports.sums as select turn, count(*) as n from staging.counts group by 1;
create function reports.newest() returns int language sql begin atomic
    select max(turn) from staging.events; end;
comment on table staging.hub is 'by hand';
comment on table staging.counts is 'by hand, too';
grant select on staging.hub, staging.in_place to public;
grant update (turn) on staging.events to public;
grant select on staging.dept to pg_monitor;
alter table staging.counts owner to pg_read_all_settings;
alter table staging.hub enable row level security;
create policy seen on staging.hub using (true);
"""

# One row a table: all that it is. A key may still lead to a replaced table that waits for its end.
_TABLES = """
select c.relname::text, jsonb_build_object(
    'kind', c.relkind, 'owner', pg_get_userbyid(c.relowner), 'grants', c.relacl::text,
    'comment', obj_description(c.oid, 'pg_class'), 'row security', c.relrowsecurity,
    'columns', (select jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod),
        a.attnotnull, a.attacl::text, pg_get_expr(d.adbin, d.adrelid),
        col_description(c.oid, a.attnum)) order by a.attnum)
        from pg_attribute as a left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
    'keys', (select jsonb_agg(jsonb_build_array(k.conname, k.contype, k.convalidated,
        regexp_replace(pg_get_constraintdef(k.oid), '__old[^. ]*', '')) order by k.conname)
        from pg_constraint as k where k.conrelid = c.oid),
    'indexes', (select jsonb_agg(jsonb_build_array(pg_get_indexdef(i.indexrelid), i.indisvalid)
        order by i.indexrelid::regclass::text) from pg_index as i where i.indrelid = c.oid),
    'policies', (select jsonb_agg(polname order by 1) from pg_policy where polrelid = c.oid)
)
from pg_class as c
where c.relnamespace = '{schema}'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
"""
_OUTSIDE = """
select jsonb_build_object(
    'keys', (select jsonb_agg(jsonb_build_array(conname, confrelid::regclass::text, convalidated)
        order by conname) from pg_constraint where conrelid = 'reports.seen'::regclass),
    'turns', (select array_agg(distinct turn) from reports.turns),
    'sums', (select array_agg(turn) from reports.sums),
    'newest', reports.newest(),
    'functions', (select jsonb_agg(md5(prosrc) order by proname) from pg_proc
        where pronamespace = '{schema}'::regnamespace)
)
"""
# Schemas of ours that hold something, besides the one for what is remembered.
_SCHEMAS = r"""
select array(select n.nspname::text from pg_namespace as n where n.nspname like '{schema}\_\_%'
and n.nspname not like '{schema}\_\_previous%' and n.nspname <> '{schema}__build'
and exists (select from pg_class as c where c.relnamespace = n.oid) order by 1)
"""
# Sessions and locks of ours that are left in the database.
LEFT = """
select count(*) from pg_stat_activity as a where datname = current_database()
and pid <> pg_backend_pid() and application_name like 'staging_assets%'
"""


def load_turns(folder: Path) -> dict[int, StagingProject]:
    """Both versions, each in a folder of its own: `sql` below `1` and `2`."""
    return {turn: load(folder / str(turn), files(turn)) for turn in TURNS}


MIXED = ("counts", "events", "cleaned", "in_place")
"""Tables whose scripts differ in the folder between the versions, as functions do."""


def load_mixed(folder: Path) -> StagingProject:
    """The first version but for some tables and the functions: what a branch is for."""
    changed = {
        path: text
        for path, text in files(2).items()
        if any(name in path for name in (*MIXED, "twice", "fill"))
    }
    return load(folder / "mixed", files(1) | changed)


def read_tables(connection: Connection, schema: str = "staging") -> dict[str, Any]:
    """Table to all that it is, its rows included."""
    found = dict(ask(connection, _TABLES.format(schema=schema)))
    hashes = " union all ".join(
        f"select '{name}', md5(string_agg(t::text, ',' order by t::text)) from {schema}.{name} as t"
        for name in found
    )
    rows: Mapping[str, str] = dict(ask(connection, hashes)) if found else {}
    return {name: {**parts, "rows": rows[name]} for name, parts in found.items()}


def read_outside(connection: Connection, schema: str = "staging") -> Any:
    """What of other schemas hangs on the tables, and the functions of the schema itself."""
    return ask(connection, _OUTSIDE.format(schema=schema))


def find_left(connection: Connection, schema: str = "staging") -> list[str]:
    """What is still there that a run makes for itself, or owes, when it has come to its end."""
    owed = [str(key) for key in read_owed_keys(connection, schema)]
    made = [name for name in leftovers(connection, schema) if not name.startswith("__releases")]
    return [*made, *ask(connection, _SCHEMAS.format(schema=schema)), *owed]
