"""Folders of scripts in which the schemas' names are blanks, for tests that fill them in.

`{s}` and `{e}` are the schema that is built and that of the sources as SQL spells them, `{sq}` and
`{eq}` the same in a string literal, `{st}` the bare name of the first there, `{d}` that name where
it is mere data, and `{file}` what stands for it in the names of files.
"""

from __future__ import annotations

from collections.abc import Mapping

from staging_assets.parser import quote_name

SOURCES = """
create schema {e};
create type {e}.colour as enum ('red', 'green');
create table {e}.people (id int, name text, colour {e}.colour);
insert into {e}.people values (1, 'Ann', 'red'), (2, 'Bo', 'green'), (3, null, null);
"""

RICH = {
    "create_stored_procedures/names.sql": """
        create or replace function {s}.shout(text text) returns text language sql immutable
            as $$ select upper(text) || '!' $$;
        create or replace function {s}.count_of(t text) returns bigint language plpgsql as $f$
        declare found bigint; wanted text := '{st}';
        begin
            execute format('select count(*) from %I.%I', wanted, t) into found;
            if to_regclass('{sq}.people') is null then return -1; end if;
            return found;
        end $f$;
        create or replace function {s}.known(colour {e}.colour) returns setof {e}.people
            language sql stable set search_path = {s}, {e}
            as $$ select * from {e}.people p where p.colour = known.colour $$;
    """,
    "create_stored_procedures/touch.sql": """
        create or replace function {s}.touch() returns trigger language plpgsql as $$
        begin new.note := {s}.shout(coalesce(new.note, 'none')); return new; end $$;
    """,
    "create_tables/CREATE-{file}-people.sql": """
        -- Everybody.
        drop table if exists {s}.people cascade;
        create sequence if not exists {s}.people_no start 100;
        create type {s}.mood as enum ('good', 'bad');
        create table {s}.people (
            id serial primary key,
            no bigint default nextval('{sq}.people_no'::regclass),
            name text not null check ({s}.shout(name) <> '{d}.x'),
            mood {s}.mood default 'good'::{s}.mood,
            colour {e}.colour,
            note text,
            place regclass default '{sq}.people'::regclass
        );
        alter sequence {s}.people_no owned by {s}.people.no;
        create index on {s}.people (lower(name));
        create trigger touched before insert on {s}.people
            for each row execute function {s}.touch();
        comment on table {s}.people is 'all of {d}.people, and "{d}"';
        comment on column {s}.people.mood is 'see {d}.mood';
    """,
    "populate_tables/demo/POPULATE-{file}-people.sql": """
        insert into {s}.people (name, colour, note)
        select coalesce(p.name, 'unknown'), p.colour, 'from {d}.people' from {e}.people as p
        where p.id not in (select {e}.people.id from {e}.people where {e}.people.id > 10);
        select setval(pg_get_serial_sequence('{sq}.people', 'id'), 50);
    """,
    "create_tables/CREATE-{file}-visits.sql": """
        create table {s}.visits (
            id int generated always as identity, person_id int references {s}.people (id),
            kind text references {s}.lookup_kinds, counted bigint, unique (person_id, kind)
        );
        create index visits_by_kind on {s}.visits (kind) where kind is not null;
    """,
    "populate_tables/demo/POPULATE-{file}-visits.sql": """
        insert into {s}.visits (person_id, kind, counted)
        select p.id, 'new', {s}.count_of('people') from {s}.people p
        on conflict (person_id, kind) do nothing;
        do $$
        declare each record;
        begin
            for each in select id from {s}.people where name = 'Bo' loop
                insert into {s}.visits (person_id, kind) values (each.id, 'old');
            end loop;
        end $$;
    """,
    "create_tables/CREATE-{file}-seen.sql": """
        create view {s}.seen as
        select v.id, p.name, {s}.shout(p.name) as shouted, c.name as source
        from {s}.visits v join {s}.people p on p.id = v.person_id
        left join lateral {s}.known(p.colour) as c on true
        where exists (select from pg_catalog.pg_class k join pg_catalog.pg_namespace n
            on n.oid = k.relnamespace where n.nspname = '{st}' and k.relname = 'people');
    """,
    "create_tables/CREATE-{file}-lookup_kinds.sql": """
        create table {s}.lookup_kinds (code text primary key, value text not null);
    """,
    "populate_tables/lookup/lookup_tables.yaml": """
lookup_kinds:
  columns: [code, value]
  rows:
    - [new, first]
    - [old, "staging.x"]
""",
    "create_tables/CREATE-{file}-columns.sql": """
        create table {s}.columns (t text, c text, primary key (t, c));
    """,
    "populate_tables/demo/POPULATE-{file}-columns.sql": """
        insert into {s}.columns select table_name, column_name from information_schema.columns
        where table_schema = '{st}' and table_name in ('people', 'visits', 'seen');
        select count(*) from {s}.people, {s}.visits, {s}.seen;
    """,
    "create_tables/CREATE-{file}-hidden.sql": "create table {s}.hidden (id int, name text);",
    "populate_tables/demo/POPULATE-{file}-hidden.sql": """
        do $$ begin
            execute 'insert into {sq}.' || quote_ident('hidden')
                || ' select id, name from {sq}.people';
            execute format('update %I.hidden set id = id + 1', '{st}');
        end $$;
    """,
}  # fmt: skip

CHECKS = """
checks:
  people:
    - min_rows: 3
    - sql: select * from {s}.people p where p.colour is not null and not exists
        (select from {e}.people o where o.name = p.name)
      name: known_people
  visits:
    - relationship: person_id -> people.id
    - column_value: person_id in (select id from {s}.people)
    - sql: select 1 where to_regclass('{sq}.visits') is null
      name: it_is_there
cleanups:
  people: tidied
"""

CLEANUP = """
def main(pgw):
    assert pgw.check_table_exists("people", "{name}") and pgw.check_schema_exists("{name}")
    pgw.execute("alter table {py}.people add column if not exists tidied int")
    with pgw.engine.connect() as connection:
        columns = connection.exec_driver_sql(
            "select column_name from information_schema.columns"
            " where table_schema = '{pyt}' and table_name = 'people' and column_name like 'n%%'"
            " order by 1"
        ).fetchall()
        assert [each[0] for each in columns] == ["name", "no", "note"], columns
    pgw.execute("update {py}.people set tidied = (select count(*) from {pe}.people)")
    pgw.cast_column("note", "people", "{name}", "varchar(40)")
"""


def fill_in(
    files: Mapping[str, str],
    staging: str,
    etl: str,
    *,
    file: str = "staging",
    data: str | None = None,
) -> dict[str, str]:
    """The files with their blanks filled in.

    Args:
        files: with blanks.
        staging, etl: what the schemas are called.
        file: what stands for the schema in the names of files.
        data: what the rows and comments say; `staging` when None.
    """
    blanks = {
        "s": quote_name(staging),
        "e": quote_name(etl),
        "sq": quote_name(staging).replace("'", "''"),
        "eq": quote_name(etl).replace("'", "''"),
        "st": staging.replace("'", "''"),
        "d": quote_name(data or staging).replace("'", "''"),
        "file": file,
    }
    return {_fill(name, blanks): _fill(text, blanks) for name, text in files.items()}


def _fill(text: str, blanks: Mapping[str, str]) -> str:
    for name, value in blanks.items():
        text = text.replace(f"{{{name}}}", value)
    return text.replace("{{", "{").replace("}}", "}")


def write_cleanup(staging: str) -> str:
    """The cleanup of `people`, as a script that calls its schema so would have it."""

    def spell(name: str) -> str:
        return name.replace("\\", "\\\\").replace('"', '\\"')

    blanks = {
        "name": spell(staging),
        "py": spell(quote_name(staging)),
        "pyt": spell(staging.replace("'", "''")),
        "pe": "etl",
    }
    return _fill(CLEANUP, blanks)
