"""Small scripts of each kind of node, for tests of builds."""

from __future__ import annotations

from staging_assets_tests.support.builds import tables

HUB = (
    "drop table if exists staging.hub cascade;\n"
    "create table staging.hub (id serial primary key, name text not null unique);\n",
    "insert into staging.hub (name) select 'n' || g from generate_series(1, 100) as g;\n",
)
EVENTS = (
    "create table staging.events (id int primary key,"
    " hub_id int not null references staging.hub (id) on delete cascade);\n"
    "create index events_hub_idx on staging.events (hub_id);\n",
    "insert into staging.events select g, g % 100 + 1 from generate_series(1, 1000) as g;\n",
)
LOOKUP_YAML = """lookup_colours:
  columns: [code, value, since]
  rows:
    - [0, Unknown, null]
    - [1, "red\\tand\\\\green\\nblue", 2020-01-31]
    - [2, 'true', 2021-05-05]
"""
LOOKUP = {
    "create_tables/CREATE-staging-lookup_colours.sql": (
        "create table staging.lookup_colours (code int primary key, value text, since date);"
    ),
    "populate_tables/lookup/lookup_tables.yaml": LOOKUP_YAML,
}
PROCEDURE = "create or replace function staging.twice(a int) returns int as $$ select 2 * a $$"
CLEANUP = """
def main(pgw):
    pgw.execute("alter table staging.hub add column if not exists short text")
    pgw.execute("update staging.hub set short = left(name, 2)")
"""
CLEANUP_FILES = {
    **tables(
        hub=(HUB[0].replace("unique)", "unique, short text)"), HUB[1]),
    ),
    "populate_tables/demo/staging-hub-cleanup.py": CLEANUP,
    "staging.yaml": "cleanups: {hub: short}\n",
}
