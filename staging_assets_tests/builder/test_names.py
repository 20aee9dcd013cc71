"""Names that Postgres makes up are those of psql in build order, whoever is faster."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.model import StagingProject
from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build_all, leftovers, load, tables
from staging_assets_tests.support.databases import fresh_database

LONG = "a_table_with_a_name_of_nearly_sixty_letters_that_is_cut_"
NAMES = """
select array(
    select c.relname || ' ' || coalesce(o.relname || '.' || a.attname, i.relname, '')
        || ' ' || coalesce(pg_get_expr(e.adbin, e.adrelid), '')
    from pg_class c
    left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid
        and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and c.relkind = 'S'
    left join pg_class o on o.oid = d.refobjid
    left join pg_attribute a on a.attrelid = o.oid and a.attnum = d.refobjsubid
    left join pg_attrdef e on e.adrelid = o.oid and e.adnum = a.attnum
    left join pg_index x on x.indexrelid = c.oid
    left join pg_class i on i.oid = x.indrelid
    where c.relnamespace = 'staging'::regnamespace
    union all
    select conname || ' on ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'staging'::regnamespace and contype in ('p', 'u', 'x')
    union all
    select stxname || ' of ' || stxrelid::regclass from pg_statistic_ext
    order by 1
)
"""
FOLDERS = {
    "serial": tables(
        officer=("create table staging.officer (roles_id serial, v int)", ""),
        officer_roles=("create table staging.officer_roles (id serial, v int)", ""),
    ),
    "identity": tables(
        officer="create table staging.officer (roles_id int generated always as identity)",
        officer_roles="create table staging.officer_roles (id bigint generated always as identity)",
        officer_roles_id="create table staging.officer_roles_id (v int)",
    ),
    "keys": tables(
        a="create table staging.a (b_c int unique, b int, c int, unique (b, c))",
        a_b="create table staging.a_b (c int unique)",
        a_b_c="create table staging.a_b_c (key int primary key)",
    ),
    "indexes": tables(
        x="create table staging.x (y_z int, k int); create index on staging.x (y_z);"
        " create index on staging.x (y_z desc); create index on staging.x (lower(k::text))",
        x_y="create table staging.x_y (z int); create index on staging.x_y (z);"
        " create unique index on staging.x_y using btree (z) include (z)",
        x_lower="create table staging.x_lower (v int); create index x_lower_idx2 on"
        " staging.x_lower (v)",
    ),
    "cut": tables(
        **{
            f"{LONG}{end}": f"create table staging.{LONG}{end} (id serial primary key,"
            " column_that_is_long_as_well int unique, b int);"
            f" create index on staging.{LONG}{end} (b, column_that_is_long_as_well)"
            for end in ("one", "three", "two")
        }
    ),
    "excluded": tables(
        s="create table staging.s (t_r int4range, exclude using gist (t_r with &&))",
        s_t="create table staging.s_t (r int4range, exclude using gist (r with &&))",
    ),
    "statistics": tables(
        m="create table staging.m (n_o int, p int); create statistics on n_o, p from staging.m",
        m_n="create table staging.m_n (o int, p int); create statistics on o, p from staging.m_n",
    ),
    "quoted": tables(
        q='create table staging.q ("R_é" serial, "R_é_seq1" int)',
        **{"q_R": 'create table staging."q_R" ("é" serial)'},
    ),
}


def run_plainly(server: Server, project: StagingProject, again: int = 1) -> list[str]:
    """The names that psql gives when it runs the scripts in build order."""
    with fresh_database(server) as fresh, closing(fresh.connect("psql", autocommit=True)) as psql:
        ask(psql, "create schema staging")
        for _ in range(again):
            for node in project.nodes:
                if node in project.tables:
                    ask(psql, f"drop table if exists staging.{quoted(node)}")
                    ask(psql, project.tables[node].create.text)
        return list(ask(psql, NAMES))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def skip_without_unnamed_statistics(connection: Connection) -> None:
    if connection.server_version < 160000:
        pytest.skip("CREATE STATISTICS without a name needs PostgreSQL 16")


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_are_those_of_psql_in_build_order(
    database: Server, witness: Connection, tmp_path: Path, folder: str
) -> None:
    if folder == "statistics":
        skip_without_unnamed_statistics(witness)
    project = load(tmp_path, FOLDERS[folder])
    expected = run_plainly(database, project)
    for workers in (3, 1, 3):
        build_all(database, project, workers=workers)
        assert list(ask(witness, NAMES)) == expected
    assert leftovers(witness) == []
    assert ask(
        witness,
        "select array(select nspname::text from pg_namespace where nspname ~ '^staging'"
        " order by length(nspname))",
    ) == ["staging", "staging__build"]


@pytest.mark.parametrize("slow", ["officer", "officer_roles", "officer_roles_id"])
def test_names_do_not_depend_on_who_is_faster(
    database: Server, witness: Connection, tmp_path: Path, slow: str
) -> None:
    files = tables(
        officer=("create table staging.officer (roles_id serial, v int)", "select 1"),
        officer_roles=("create table staging.officer_roles (id serial, v int)", "select 1"),
        officer_roles_id=("create table staging.officer_roles_id (seq int, v int);", "select 1"),
    )
    for name in ("officer", "officer_roles", "officer_roles_id"):
        wait = "pg_sleep(0.5)" if name == slow else "pg_sleep(0)"
        files[f"populate_tables/demo/POPULATE-staging-{name}.sql"] = (
            f"insert into staging.{name} (v) select 1 from {wait};"
        )
    project = load(tmp_path, files)
    expected = run_plainly(database, project)
    for _ in range(2):
        build_all(database, project, workers=3)
        assert list(ask(witness, NAMES)) == expected
    assert ask(witness, "select roles_id, v from staging.officer") == [(1, 1)]
    assert ask(witness, "select id, v from staging.officer_roles") == [(1, 1)]


def test_a_table_that_is_built_again_keeps_its_names(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, FOLDERS["serial"])
    build_all(database, project, ["schema", "officer_roles"])
    first = ask(witness, "select pg_get_serial_sequence('staging.officer_roles', 'id')")
    assert first == "staging.officer_roles_id_seq"
    for nodes in (["officer"], None, ["officer_roles"], None):
        build_all(database, project, nodes, workers=3)
        names = [
            ask(witness, f"select pg_get_serial_sequence('staging.{table}', '{column}')")
            for table, column in (("officer_roles", "id"), ("officer", "roles_id"))
        ]
        assert names == [first, "staging.officer_roles_id_seq1"]


def test_what_nobody_expects_in_the_way_is_passed_over(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = tables(t=("create table staging.t (id serial primary key, a int unique)", ""))
    ask(witness, "create schema staging; create table staging.t_id_seq (t_pkey int)")
    ask(
        witness,
        "create index t_pkey on staging.t_id_seq (t_pkey); create view staging.t_a_key as select 1",
    )
    project = load(tmp_path, files)
    for _ in range(2):
        build_all(database, project)
        assert ask(witness, "select pg_get_serial_sequence('staging.t', 'id')") == (
            "staging.t_id_seq1"
        )
        assert ask(
            witness, "select array(select indexrelid::regclass::text from pg_index"
            " where indrelid = 'staging.t'::regclass order by 1)",
        ) == ["staging.t_a_key1", "staging.t_pkey1"]  # fmt: skip


def test_a_script_that_says_the_name_itself_keeps_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = tables(
        officer="create table staging.officer (roles_id serial);",
        officer_roles="create sequence staging.officer_roles_id_seq start 7;"
        " create table staging.officer_roles (id int default"
        " nextval('staging.officer_roles_id_seq'));",
    )
    project = load(tmp_path, files)
    for workers in (1, 2, 2):
        build_all(database, project, workers=workers)
    assert ask(witness, "select nextval('staging.officer_roles_id_seq')") == 7
    assert ask(witness, "select pg_get_serial_sequence('staging.officer', 'roles_id')") == (
        "staging.officer_roles_id_seq1"
    )


SAID_LATER = {
    "an index": "create index {officer_roles_id_seq} on staging.x (v)",
    "a key": "alter table staging.x add constraint {officer_rank_key} unique (v)",
    "a sequence": "create sequence staging.{officer_roles_id_seq} start 7",
    "statistics": "create statistics staging.{officer_a_b_stat} on v, w from staging.x",
    "an index like a key": "create index {officer_pkey} on staging.x (v)",
    "an index like one with a number": "create index {officer_rank_key1} on staging.x (v)",
}
HOLDERS = """
select coalesce(array_agg(t), '{}') from (
    select i.indrelid::regclass::text from pg_index i
    where i.indexrelid = to_regclass('staging.' || %(name)s)
    union all
    select coalesce(d.refobjid::regclass::text, 'nothing')
    from pg_class s left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid
        and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
    where s.relkind = 'S' and s.oid = to_regclass('staging.' || %(name)s)
    union all
    select stxrelid::regclass::text from pg_statistic_ext where stxname = %(name)s
) as holders (t)
"""


@pytest.mark.parametrize("what", SAID_LATER)
@pytest.mark.parametrize("first", ["alone", "before", "together"])
def test_a_generated_name_gives_way_to_one_that_a_script_says_later(
    database: Server, witness: Connection, tmp_path: Path, what: str, first: str
) -> None:
    skip_without_unnamed_statistics(witness)
    name = SAID_LATER[what].partition("{")[2].partition("}")[0]
    said = SAID_LATER[what].format(**{name: name})
    officer = (
        "create table staging.officer (roles_id serial primary key, rank int unique, a int, b int,"
        " constraint other unique (a)); create statistics on a, b from staging.officer;"
        " alter table staging.officer add unique (rank)"
    )
    x = "create table staging.x (v int, w int)"
    insert = "insert into staging.officer (rank, a) select 1, 1"
    files = tables(officer=(officer, insert), x=(x, "insert into staging.x select 1, 2"))
    build_all(database, load(tmp_path, files))
    files = tables(
        officer=(officer, insert), x=(f"{x}; {said}", "insert into staging.x select 1, 2")
    )
    project = load(tmp_path, files)
    if first == "before":
        build_all(database, project, ["x"])
        build_all(database, project, ["officer"])
    else:
        build_all(database, project, ["x"] if first == "alone" else None, workers=2)
    seen = list(ask(witness, NAMES))
    for _ in range(2):
        build_all(database, project, workers=2)
        assert list(ask(witness, NAMES)) == seen
    with witness.cursor() as cursor:
        cursor.execute(HOLDERS, {"name": name})
        assert cursor.fetchone() == (["nothing" if what == "a sequence" else "staging.x"],)
    assert ask(witness, "select array(select rank from staging.officer)") == [1]
    assert leftovers(witness) == []
