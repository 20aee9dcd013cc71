"""Statements and references, the latter against sqlglot's scopes for every script of ours."""

# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import References, find_references, find_statements, read_statements

SQL = Path(__file__).parents[2] / "sql"


def names(relations: frozenset[Relation]) -> set[str]:
    """The qualified ones, as SQL spells them."""
    return {str(relation) for relation in relations if relation.schema}


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("select 1; select 2", ["select 1", "select 2"]),
        (";;  ; -- nothing\n;/* */", []),
        ("-- head\nselect 1 -- tail\n;", ["select 1"]),
        ("select ';', $$;$$, $a$;$a$, \";\", /* ; */ 1;", None),
        ("create rule r as on insert to staging.x do (select 1; select 2);", None),
        ("do $$ begin; end; $$; select 1", ["do $$ begin; end; $$", "select 1"]),
        (
            "create function f() returns int begin atomic select case when true then 1 end; end;"
            " select 1;",
            [
                "create function f() returns int begin atomic select case when true then 1 end; end",
                "select 1",
            ],
        ),
        (
            "create or replace procedure p() begin atomic insert into x values (1); end; select 2",
            [
                "create or replace procedure p() begin atomic insert into x values (1); end",
                "select 2",
            ],
        ),
        ("begin; select 1; end;", ["begin", "select 1", "end"]),
        ("select 1) ; select 2", ["select 1)", "select 2"]),
        ("create table x (a int);\r\n\tselect 1\r\n;", ["create table x (a int)", "select 1"]),
    ],
)
def test_a_script_is_cut_as_psql_cuts_it(text: str, statements: list[str] | None) -> None:
    found = find_statements(text)
    assert [statement.text for statement in found] == (
        statements or [text.rstrip(";")] * len(found)
    )
    assert len(found) == 1 or statements is not None
    for statement in found:
        assert text[statement.offset :].startswith(statement.text)


READS = [
    ("select * from staging.a, etl.b join staging.c using (id) cross join lateral staging.f(1)", "ac"),
    ("select * from (staging.a join (staging.b natural join staging.c) on true)", "abc"),
    ("select * from only staging.a tablesample system (1), rows from (staging.f(), g()) x", "a"),
    ("with a as (select * from staging.a) select * from a join staging.b using (id)", "ab"),
    ("select (select max(id) from staging.a), exists (table staging.b), array(select 1 from staging.c)", "abc"),
    ("select extract(year from x.at), trim(both from x.b), substring(x.c from 1 for 2) from staging.a x", "a"),
    ("select a is distinct from b.c, a is not distinct from d.e from staging.a", "a"),
    ("select * from staging.a union all (select * from staging.b except table staging.c)", "abc"),
    ("delete from staging.x using staging.a, staging.b where true", "ab"),
    ("update staging.x set n = (select 1 from staging.a) from staging.b join staging.c on true", "abc"),
    ("insert into staging.x (id) select id from staging.a on conflict (id) do update set id = excluded.id", "a"),
    ("merge into staging.x using staging.a on true when matched then update set id = a.id", "a"),
    ("merge into staging.x x using (select * from staging.a) s on true when matched then delete", "a"),
    ("select staging.a.id from staging.a where staging.b.id = 1", "ab"),
    ("select x::staging.a, cast(y as staging.b[]), 'staging.c'::regclass", "abc"),
    ("create table staging.x (like staging.a including all) inherits (staging.b, staging.c)", "abc"),
    ("create table staging.x partition of staging.a for values from ('x') to ('y')", "a"),
    ("copy (select * from staging.a) to '/tmp/x'", "a"),
    ("copy staging.a (id, name) to '/tmp/x'", "a"),
    ("refresh materialized view staging.a", "a"),
    ("explain analyze select * from staging.a", "a"),
    ("select * from staging.a for update of a", "a"),
    ("select * from staging.a order by x offset 1 fetch first 2 rows only", "a"),
    ("select count(*) filter (where x) over (partition by y order by z) from staging.a window w as ()", "a"),
    ("declare c cursor for select * from staging.a; fetch next from c; move 5 from c", "a"),
    ("do $$ declare r staging.a%rowtype; v staging.b.id%type; begin select id into v from staging.c; end $$", "abc"),
    ("do $$ begin perform 1 from staging.a; if exists (select from staging.b) then null; end if; end $$", "ab"),
    ("do $$ declare c cursor for select * from staging.a; begin for r in select * from staging.b loop null; end loop; end $$", "ab"),
    ("do $$ begin execute 'select * from staging.a' using x.y; open c for execute 'select 1 from staging.b'; end $$", "ab"),
    ("do $$ declare q text := 'select * from staging.a'; begin execute q; raise notice 'select from staging.z'; end $$", "a"),
    ("do $$ begin execute format('select %L from staging.a', 'x'); end $$", "a"),
    ("select * from crosstab($$ select * from staging.a $$) as ct (x int)", "a"),
    ("select $$ from staging.z $$, 'from staging.z', \"from staging.z\" from staging.a -- staging.z", "a"),
    ("grant select on staging.z to someone; analyze staging.z; comment on table staging.z is 'x'; lock table staging.z", ""),
    ("grant select, update, references (id) on staging.z to someone; revoke all on staging.z from staging_reader", ""),
    ("set search_path to staging; select * from a join b using (id) where a.x = c.y", "ab"),
    ("set search_path = staging; with a as (select * from a) select * from a, (with b as (select 1) select * from b) q, b", "ab"),
    ("set search_path = staging; with recursive c as (select * from a union select * from c) select * from c", "a"),
    ("set search_path = staging; with c as (select * from a), d as (select * from c) select * from d, c", "a"),
    ("select * from STAGING.A, \"staging\".\"a\", U&\"st\\0061ging\".a, staging . a", "a"),
    ("select * from staging.a s where s.comment = lock and s.call > copy and update.x = s.do", "a"),
    ("select staging.a.* from staging.a", "a"),
    # An alias called like the schema, and types where there is one.
    ("select staging.z, 'x'::staging.b from (staging.a staging join etl.c on ((c.id = staging.y)))", "ab"),
    ("select staging.z, cast(staging.y as staging.b) from (values (1, 2)) as staging (z, y)", "b"),
    ("select staging.z, staging.b 'x' from staging.a staging (z)", "ab"),
    ("insert into staging.x as staging (z) select z from staging.a on conflict (z) do update set z = staging.y", "a"),
    ("merge into staging.x as staging using staging.a s on staging.z = s.z when matched then delete", "a"),
    ("update staging.x staging set z = staging.y where staging.w in (select id from staging.a)", "a"),
    ("with staging (z) as (select id from staging.a) select staging.z, 'x'::staging.b from staging", "ab"),
    ("select (select staging.z from staging.a as staging), x.k::staging.b from etl.x", "ab"),
    ("select json_value(staging.z, '$.a' returning staging.b) from staging.a staging", "ab"),
    ("create table staging.staging (id int check (staging.id > 0), k staging.a)", "a"),
    ("insert into etl.x (staging.part, n) values (1, 2)", ""),
    # Sources that no FROM names.
    ("create table staging.x (like staging.a, b staging.b not null, c staging.c[])", "abc"),
    ("create table staging.x of staging.a; alter table staging.x inherit staging.b", "ab"),
    ("create table staging.x as table staging.a; insert into staging.x (id) table only staging.b", "ab"),
    ("explain table staging.a; create view staging.v as table staging.b union table staging.c", "abc"),
    ("declare c cursor for table staging.a; do $$ declare d cursor for table staging.b; begin end $$", "ab"),
    ("alter table staging.x of staging.a; alter table staging.x not of", "a"),
    ("create procedure p() language sql set search_path from current as $$ insert into x table staging.a $$", "a"),
    ("create publication p for table staging.z", "z"),
    ("create domain staging.x as staging.a; alter table staging.x alter y type staging.b using z::staging.c", "abc"),
    ("create function staging.f(staging.a, y staging.b) returns setof staging.c language sql as ''", "abc"),
    ("alter table staging.x attach partition staging.a for values in (1)", "a"),
    ("create schema other create table t (like staging.a) create view v as select * from t, staging.b", "ab"),
    ("with recursive t as (select * from staging.a) cycle id set c using p update staging.x set n = 1 from staging.b", "ab"),
    ("with recursive t as (select 1) search depth first by id, n set o, u as (select * from staging.a) delete from staging.x using u", "a"),
    # Names that are no relations.
    ("set staging.batch = 'x'; reset staging.batch; set local staging.y to 1; show staging.z", ""),
    ("import foreign schema staging from server s into etl", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tables"), READS)
def test_what_is_read_is_found(text: str, tables: str) -> None:
    found = {
        name
        for name in names(find_references(text, SchemaNames()).reads)
        if name.startswith("staging.")
    }
    assert found == {f"staging.{table}" for table in tables}


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("create table staging.x (like etl.a including all, b etl.b not null, c etl.c[])", "abc"),
        ("create table staging.x of etl.a; insert into staging.x table etl.b", "ab"),
        ("create table staging.x (id int) inherits (etl.a, etl.b)", "ab"),
        ("alter table staging.x inherit etl.a; create table staging.y partition of etl.b default", "ab"),
        ("create function staging.f(a etl.a) returns etl.b language sql as 'select x::etl.c'", "abc"),
        ("do $$ declare a etl.a; b etl.b.id%type; begin return query table etl.c; end $$", "abc"),
        ("create table staging.x (at timestamp with time zone, n etl.a default 1, m numeric(1, 2))", "a"),
        ("select a.b, x.y as z, case when p.q then r.s else t.u end, v.w between v.x and v.y from etl.a", "a"),
        ("update staging.x set a = b.c from etl.a b where d.e is not null and f.g = any(h.i)", "a"),
        ("do $$ begin new.id := 1; if new.n then return new.b; end if; raise notice '%', old.c; end $$", ""),
    ],
)  # fmt: skip
def test_what_comes_from_other_schemas_is_found(text: str, sources: str) -> None:
    uses = [use for statement in read_statements(text, SchemaNames()) for use in statement.uses]
    roles = ("read", "mention", "parent")
    found = {str(use.relation) for use in uses if use.role in roles}
    assert {name for name in found if not name.startswith("staging.")} == {
        f"etl.{source}" for source in sources
    }


BODY = "as $$ select count(*) from a $$"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"create function f() returns int language sql set search_path = staging, pg_temp {BODY}", "staging.a"),
        (f"create function f() returns int set search_path to 'staging' language sql {BODY}", "staging.a"),
        (f"create function f() returns int language sql {BODY} set search_path = etl", "etl.a"),
        (f"create function f() returns int language sql set search_path = '' {BODY}", "a"),
        ("create procedure f() language plpgsql set search_path = staging as 'begin delete from a; end'", "staging.a"),
        ("create function f() returns int language plpgsql as $$ begin set local search_path = staging; return (select 1 from a); end $$", "staging.a"),
        ("create function f() returns int language plpgsql as $$ begin perform set_config('search_path', 'staging, pg_temp', true); return (select 1 from a); end $$", "staging.a"),
        (f"create function f() returns int language sql {BODY}; alter function f() set search_path = staging", "staging.a"),
        (f"create function f() returns int language sql {BODY}; alter routine f() stable set search_path to staging", "staging.a"),
        (f"create function f() returns int language sql {BODY}; alter function g() set search_path = staging", "a"),
        (f"create function f() returns int language sql set search_path = staging {BODY}; alter function f() reset search_path", "a"),
        (f"create function f() returns int language sql set search_path = staging {BODY}; alter function f() reset all", "a"),
        # A body of standard SQL is read when it is made, by the path of the session.
        ("create function f() returns int set search_path = staging begin atomic select 1 from a; end", "a"),
        ("set search_path = staging; create function f() returns int begin atomic select 1 from a; end", "staging.a"),
        (f"set search_path = staging; create function f() returns int language sql {BODY}", "staging.a"),
        (f"set search_path = staging; reset search_path; create function f() returns int language sql {BODY}", "a"),
        ("set schema 'staging'; select 1 from a", "staging.a"),
        ("set search_path = staging; set search_path to default; select 1 from a", "a"),
        ("set search_path = staging; discard all; select 1 from a", "a"),
        ("set search_path = staging; reset all; select 1 from a", "a"),
        ("set search_path = etl; select 1 from a", "etl.a"),
        ("set search_path = public; select 1 from a", "a"),
        ("do $$ begin set search_path = staging; end $$; select 1 from a", "staging.a"),
        ("select pg_catalog.set_config('search_path', '', false); select 1 from a", "a"),
        # What a function sets for itself ends with it.
        ("create function f() returns int language sql set search_path = staging as ''; select 1 from a", "a"),
        ("alter role someone set search_path = staging; select 1 from a", "a"),
        ("set search_path = staging; with a as (select 1) insert into a select * from a", "staging.a"),
        ("set search_path = staging; with a as (select 1) update a set n = 1", "staging.a"),
        ("create schema staging create table b (like a)", "staging.a"),
    ],
)  # fmt: skip
def test_names_without_a_schema_are_looked_up_where_the_server_does(text: str, read: str) -> None:
    uses = [use for statement in read_statements(text, SchemaNames()) for use in statement.uses]
    found = {f"{use.relation}".lstrip('".') for use in uses if use.relation.name == "a"}
    assert found == {read}


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("with recursive t as (select 1) cycle id set c using p update staging.x set a = 1 from t", "writes", {"staging.x"}),
        ("create schema staging create table x (id int) create view y as select 1", "creates", {"staging.x", "staging.y"}),
        ("create rule r as on insert to staging.x do instead update staging.y set n = 1", "writes", {"staging.y"}),
        ("insert into staging.x (a, b) values (1, 2)", "writes", {"staging.x"}),
        ("with a as (select 1) insert into staging.x select * from a", "writes", {"staging.x"}),
        ("with d as (delete from staging.x returning *) select * from d", "writes", {"staging.x"}),
        ("with u as (update staging.x set a = 1 returning *) select 1", "writes", {"staging.x"}),
        ("update only staging.x as t set a = 1", "writes", {"staging.x"}),
        ("truncate table only staging.x, staging.y", "writes", {"staging.x", "staging.y"}),
        ("copy staging.x (a, b) from '/tmp/x' csv", "writes", {"staging.x"}),
        ("merge into staging.x using y on true when not matched then insert values (1)", "writes", {"staging.x"}),
        ("do $$ begin insert into staging.x values (1); end $$", "writes", {"staging.x"}),
        ("create table x (a int references staging.y (id) on delete cascade on update cascade)", "writes", set()),
        ("create trigger t after update or delete on staging.x execute function staging.f()", "writes", set()),
        ("select * from staging.x for no key update", "writes", set()),
        ("create table if not exists staging.x (id int)", "creates", {"staging.x"}),
        ("create unlogged table staging.x as select 1", "creates", {"staging.x"}),
        ("select 1 as a into staging.x from etl.y", "creates", {"staging.x"}),
        ("select 1 as a into temp staging_x from etl.y", "creates", set()),
        ("create temporary table x (id int)", "creates", set()),
        ("create materialized view if not exists staging.x as select 1", "creates", {"staging.x"}),
        ("create sequence staging.x; create type staging.y as enum ()", "creates", {"staging.x", "staging.y"}),
        ("do $$ declare a int; begin select 1 into a.b; end $$", "creates", set()),
        ("drop table if exists staging.x, staging.y cascade", "drops", {"staging.x", "staging.y"}),
        ("drop function staging.f(int, staging.t), staging.g()", "drops", {"staging.f", "staging.g"}),
        ("drop trigger if exists t on staging.x", "drops", {"staging.x"}),
        ("alter table if exists only staging.x drop column a", "drops", {"staging.x"}),
        ("create unique index concurrently if not exists i on only staging.x (a)", "drops", {"staging.x"}),
        ("create index on staging.x using gin (a)", "drops", {"staging.x"}),
        ("create rule r as on insert to staging.x do instead nothing", "drops", {"staging.x"}),
        ("select staging.f(1), staging.g (2) from staging.h(3)", "calls", {"staging.f", "staging.g", "staging.h"}),
        ("call staging.p()", "calls", {"staging.p"}),
        ("create trigger t before insert on staging.x for each row execute procedure staging.f()", "calls", {"staging.f"}),
        ("create table x (a int default staging.f(), check (staging.g(a)))", "calls", {"staging.f", "staging.g"}),
        ("insert into staging.x (a) values (1)", "calls", set()),
        ("create table x (a int references staging.y (id))", "calls", set()),
        ("create function staging.f(a staging.t) returns int language sql as $$ select 1 from staging.x $$", "defines", {"staging.f"}),
        ("create table x (a int references staging.y, foreign key (a) references staging.z (id))", "foreign_keys", {"staging.y", "staging.z"}),
    ],
)  # fmt: skip
def test_what_else_is_done_is_found(text: str, part: str, expected: set[str]) -> None:
    assert names(getattr(find_references(text, SchemaNames()), part)) == expected


@pytest.mark.parametrize(
    ("text", "opaque"),
    [
        ("insert into staging.x select 1", False),
        ("do $$ begin insert into staging.x select 1; end $$", False),
        ("do $$ begin execute 'select 1'; end $$", False),
        ("do $$ begin execute 'select ' || a; end $$", True),
        ("do $$ begin execute query; end $$", True),
        ("do $$ begin return query execute format('select %s', a); end $$", True),
        ("call staging.p()", True),
        ("create trigger t before insert on x execute function f()", False),
    ],
)
def test_sql_that_is_made_at_the_run_is_opaque(text: str, opaque: bool) -> None:
    assert find_references(text, SchemaNames()).opaque is opaque


def find_by_sqlglot(text: str) -> set[str]:
    """The qualified tables that sqlglot's scopes read."""
    found = set()
    for tree in sqlglot.parse(text, dialect="postgres"):
        target = tree.this if isinstance(tree, exp.Insert) else None
        query = tree.expression if isinstance(tree, exp.Insert) else tree
        shared = tree.args.get("with_") if isinstance(tree, exp.Insert) else None
        if not isinstance(query, exp.Query):
            continue
        if shared is not None:
            query.set("with_", shared.copy())
        for scope in traverse_scope(query):
            for table in scope.tables:
                if table.db and table is not target and isinstance(table.this, exp.Identifier):
                    found.add(f"{table.db.lower()}.{table.name.lower()}")
    return found


@pytest.mark.parametrize("path", sorted(SQL.glob("populate_tables/*/*.sql")), ids=lambda p: p.stem)
def test_our_scripts_read_what_sqlglot_says(path: Path) -> None:
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    text = path.read_text()
    try:
        expected = find_by_sqlglot(text)
    except sqlglot.errors.SqlglotError:
        pytest.skip("sqlglot cannot read this one")
    uses = [use for statement in read_statements(text, SchemaNames()) for use in statement.uses]
    read = frozenset(use.relation for use in uses if use.role == "read")
    assert names(read) == expected


def test_names_are_folded_as_postgres_folds_them() -> None:
    found = find_references(
        'select * from Staging.Foo, staging."Foo", "Staging".foo', SchemaNames()
    )
    assert found == References(
        reads=frozenset(
            (Relation("staging", "foo"), Relation("staging", "Foo"), Relation("Staging", "foo"))
        ),
        writes=frozenset(),
        creates=frozenset(),
        drops=frozenset(),
        calls=frozenset(),
        defines=frozenset(),
        foreign_keys=frozenset(),
        opaque=False,
    )
