"""What a table's own scripts do to it is no drift, and what people hang on it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import CheckResult, run_checks
from staging_assets.model import StagingProject
from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build_all, load, tables

HUB = (
    "create table staging.hub (id int primary key, v int);",
    "insert into staging.hub values (1, 1);",
)


@pytest.fixture
def witness(database: Server) -> Iterator[Connection]:
    with closing(database.connect("witness", autocommit=True)) as connection:
        yield connection


def drift(server: Server, project: StagingProject) -> CheckResult:
    (result,) = run_checks(server, project, "staging", ["schema:schema_matches_scripts"])
    return result


def findings(result: CheckResult) -> list[str]:
    found = result.metadata.get("findings", [])
    assert isinstance(found, list)
    assert result.passed == (not found), result.summary
    return [str(each) for each in found]


CREATE = """
create table staging.x (id int not null, v int, s text default 'a');
create index x_id on staging.x (id);
"""
INSERT = "insert into staging.x (id, v) values (1, 1);"
POPULATES = [
    f"{INSERT} create index on staging.x (v);",
    f"{INSERT} create unique index by_v on staging.x (v) where v > 0;",
    f"{INSERT} alter table staging.x add primary key (id);",
    f"{INSERT} alter table staging.x add unique (v), add check (v > 0);",
    f"{INSERT} alter table staging.x alter column v set default 7;",
    f"{INSERT} alter table staging.x alter v set not null, alter s drop default;",
    f"{INSERT} alter table staging.x alter column id drop not null;",
    f"{INSERT} alter table staging.x add column extra text default 'none';",
    f"{INSERT} alter table staging.x drop column s;",
    f"{INSERT} alter table staging.x rename column s to t;",
    f"{INSERT} alter table staging.x alter column v type bigint using v::bigint;",
    f"{INSERT} alter table staging.x add foreign key (v) references staging.hub (id);",
    f"{INSERT} create trigger t before update on staging.x for each row"
    " execute function suppress_redundant_updates_trigger();",
    f"drop index staging.x_id; {INSERT} create index x_id on staging.x (id);",
    f"drop index if exists staging.x_id; {INSERT} create index x_id on staging.x (id);",
    f"drop index staging.x_id; {INSERT}",
    f"{INSERT} reindex index staging.x_id; alter index staging.x_id rename to x_id2;"
    " cluster staging.x using x_id2;",
    f'create index "Odd" on staging.x (s); {INSERT} reindex index staging."Odd";',
    f"cluster staging.x using x_id; {INSERT} alter index staging.x_id set (fillfactor = 70);",
    f"{INSERT} do $$ begin execute 'create index on staging.x (v)'; end $$;",
    f"{INSERT} do $$ begin execute format('alter table staging.x add column %I int', 'w'); end $$;",
    f"{INSERT} comment on index staging.x_id is 'by number';",
    f"create index if not exists x_id on staging.x (id); {INSERT}",
    f"{INSERT} create unique index u on staging.x (v);"
    " alter table staging.x add constraint once unique using index u;",
    f"{INSERT} do $$ begin alter index staging.x_id rename to x_id2; end $$;",
]
KEYED = """
create table staging.x (
    id int primary key, v int constraint to_hub references staging.hub (id), s text
);
create index x_id on staging.x (s);
"""
OF_KEYS = [
    f"{INSERT} alter table staging.x drop constraint to_hub;",
    f"alter table staging.x drop constraint to_hub; {INSERT}"
    " alter table staging.x add constraint to_hub foreign key (v) references staging.hub (id);",
    f"{INSERT} alter table staging.x rename constraint to_hub to hub_key;",
    f"{INSERT} alter table staging.x rename column v to w;",
    f"{INSERT} alter table staging.x drop column v;",
    f"{INSERT} alter table staging.x alter column v type bigint;",
    f"alter table staging.x drop constraint x_pkey; {INSERT}"
    " alter table staging.x add primary key (id);",
    f"{INSERT} comment on constraint to_hub on staging.x is 'the hub';",
]


@pytest.mark.parametrize(
    ("create", "populate"),
    [(CREATE, each) for each in POPULATES] + [(KEYED, each) for each in OF_KEYS],
)
def test_what_a_populate_script_does_to_its_table_is_no_drift(
    database: Server, tmp_path: Path, witness: Connection, create: str, populate: str
) -> None:
    project = load(tmp_path, tables(hub=HUB, x=(create, populate)))
    for _ in range(2):
        build_all(database, project)
        assert findings(drift(database, project)) == []
    assert shape(witness, "staging") == shape(witness, by_psql(witness, create + populate))
    # What somebody changes by hand is found all the same.
    ask(witness, "alter table staging.x add column by_hand int")
    if "do $$" not in populate:
        assert findings(drift(database, project)) == ["x.by_hand: the column is not in the script"]


def by_psql(witness: Connection, scripts: str) -> str:
    """Run the scripts in a schema of their own, as psql would; its name."""
    ask(witness, "create schema plain;" + (HUB[0] + HUB[1] + scripts).replace("staging.", "plain."))
    return "plain"


def shape(witness: Connection, schema: str) -> list[tuple[str, ...]]:
    """Columns, keys and indexes of the table x, with their names."""
    rows = ask(
        witness,
        "select a.attname::text, format_type(a.atttypid, a.atttypmod) || a.attnotnull"
        " || coalesce(pg_get_expr(d.adbin, d.adrelid), '') from pg_attribute a"
        " left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum"
        " where a.attrelid = to_regclass(%(s)s || '.x') and a.attnum > 0 and not a.attisdropped"
        " union all select c.relname, pg_get_indexdef(c.oid) || i.indisclustered from pg_index i"
        " join pg_class c on c.oid = i.indexrelid where i.indrelid = to_regclass(%(s)s || '.x')"
        " union all select conname, pg_get_constraintdef(oid) from pg_constraint"
        " where conrelid = to_regclass(%(s)s || '.x') and contype <> 'n' order by 1, 2".replace(
            "%(s)s", f"'{schema}'"
        ),
    )
    return [tuple(part.replace(f"{schema}.", "") for part in row) for row in rows]


def test_what_a_populate_script_said_and_somebody_took_away_is_drift(
    database: Server, tmp_path: Path, witness: Connection
) -> None:
    populate = (
        f"{INSERT} create index by_v on staging.x (v); alter table staging.x alter v set default 7;"
    )
    project = load(tmp_path, tables(x=(CREATE, populate)))
    build_all(database, project)
    ask(witness, "drop index staging.by_v; alter table staging.x alter v drop default")
    assert findings(drift(database, project)) == [
        "x.v: default is none, the script says 7",
        "x: index is missing: CREATE INDEX ON x USING btree (v)",
    ]


def test_what_another_tables_script_does_is_no_drift_before_and_after(
    database: Server, tmp_path: Path, witness: Connection
) -> None:
    change = f"{INSERT} create index by_v on staging.hub (v); alter table staging.hub add more int;"
    again = (
        f"drop index if exists staging.by_v; alter table staging.hub drop if exists more; {change}"
    )
    project = load(tmp_path, tables(hub=HUB, x=(CREATE, again)))
    build_all(database, project)
    assert findings(drift(database, project)) == []
    assert ask(witness, "select count(*) from pg_attribute where attname = 'more'") == 1
    build_all(database, project, ["hub"])
    assert findings(drift(database, project)) == []


ROUTINE = """
create or replace procedure staging.fill() language plpgsql as $$
begin
    insert into staging.x (id, v) values (1, 1);
    create index on staging.x (v);
    alter table staging.x alter column s set default 'b';
end $$;
"""


def test_what_a_routine_does_to_the_table_that_it_fills_is_no_drift(
    database: Server, tmp_path: Path, witness: Connection
) -> None:
    files = tables(x=(CREATE, "call staging.fill();"))
    project = load(tmp_path, {**files, "create_stored_procedures/fill.sql": ROUTINE})
    for _ in range(2):
        build_all(database, project)
        result = drift(database, project)
        assert findings(result) == []
        assert result.metadata["changed by POPULATE scripts"] == [
            "x.s: default is 'b'::text, the script says 'a'::text",
            "x: index is not in the script: CREATE INDEX ON x USING btree (v)",
        ]
    ask(witness, "alter table staging.x add by_hand int")
    assert findings(drift(database, project)) == ["x.by_hand: the column is not in the script"]


BY_HAND = [
    (
        "create trigger audit before update on staging.x for each row"
        " execute function suppress_redundant_updates_trigger()",
        "x: trigger is not in the script: CREATE TRIGGER audit BEFORE UPDATE ON x"
        " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ),
    (
        "alter table staging.other add constraint by_hand foreign key (v) references staging.x",
        "other: key is not in the script: FOREIGN KEY (v) REFERENCES x(id)",
    ),
]


@pytest.mark.parametrize(("by_hand", "told"), BY_HAND, ids=["trigger", "key"])
def test_what_people_hang_on_a_table_is_carried_over_and_told(
    database: Server, tmp_path: Path, witness: Connection, by_hand: str, told: str
) -> None:
    project = load(
        tmp_path,
        tables(
            x=("create table staging.x (id int primary key);", "insert into staging.x values (1);"),
            other=("create table staging.other (v int);", "insert into staging.other values (1);"),
        ),
    )
    build_all(database, project)
    ask(witness, by_hand)
    for _ in range(2):
        result = drift(database, project)
        assert findings(result) == []
        assert result.metadata["made by hand and carried over"] == [told]
        assert result.summary == "2 tables as the scripts say; 1 made by hand and carried over"
        build_all(database, project, ["x"])


def test_a_trigger_of_the_script_that_was_replaced_by_hand_is_drift(
    database: Server, tmp_path: Path, witness: Connection
) -> None:
    trigger = (
        "create trigger t before update on staging.x for each row"
        " execute function suppress_redundant_updates_trigger();"
    )
    project = load(tmp_path, tables(x=CREATE + trigger))
    build_all(database, project)
    assert findings(drift(database, project)) == []
    ask(witness, "drop trigger t on staging.x;" + trigger.replace("update on", "insert on"))
    assert [each.split(":")[1] for each in findings(drift(database, project))] == [
        " trigger is missing",
        " trigger is not in the script",
    ]


DAMAGE = """
alter table staging.x alter column v type bigint, add extra int, add constraint odd unique (v);
create index by_s on staging.x (s);
drop index staging.x_id;
"""


@pytest.mark.parametrize(
    ("excepted", "left"),
    [
        ("x", []),
        ('"*"', []),
        ("x.*", []),
        ("[x.v, x.extra, x.odd, x.by_s, x.x_id]", []),
        ("[x.v, x.extra]", ["index", "index", "key"]),
        ("[x.odd, x.by_s, x.x_id]", ["type", "the"]),
        ("[x.o*, hub.v]", ["type", "the", "index", "index"]),
    ],
)
@pytest.mark.parametrize(
    "written",
    [
        "checks: {{schema: {{schema_matches_scripts: {{except: {}}}}}}}",
        "checks: {{schema: [{{schema_matches_scripts: {{except: {}}}}}]}}",
        "departments: {{demo: {{checks: {{schema: {{schema_matches_scripts: {{except: {}}}}}}}}}}}",
        "checks: {{schema: {{schema_matches_scripts: {{except: hub}}}}}}\n"
        "departments: {{demo: {{checks: {{schema: {{schema_matches_scripts: {{except: {}}}}}}}}}}}",
    ],
    ids=["mapping", "list", "department", "both"],
)
def test_what_is_excepted_may_be_otherwise(
    database: Server,
    tmp_path: Path,
    witness: Connection,
    written: str,
    excepted: str,
    left: list[str],
) -> None:
    files = {**tables(hub=HUB, x=CREATE), "staging.yaml": written.format(excepted) + "\n"}
    project = load(tmp_path, files)
    build_all(database, project)
    ask(witness, DAMAGE)
    if "hub}" in written:
        ask(witness, "alter table staging.hub add column extra int")
    found = findings(drift(database, project))
    assert [each.split(": ")[1].split(" ")[0] for each in found] == left


def test_names_that_postgres_made_up_are_no_drift(
    database: Server, tmp_path: Path, witness: Connection
) -> None:
    project = load(
        tmp_path,
        tables(
            officer="create table staging.officer (roles_id serial, v int unique);",
            officer_roles="create table staging.officer_roles (id serial, v int);",
            i="create table staging.i (id int generated always as identity, s smallserial);",
        ),
    )
    build_all(database, project)
    assert findings(drift(database, project)) == []
    ask(
        witness,
        "alter sequence staging.officer_roles_id_seq rename to other_seq;"
        "alter sequence staging.i_s_seq rename to odd_seq;"
        "alter index staging.officer_v_key rename to another_key",
    )
    assert findings(drift(database, project)) == []
    ask(
        witness,
        "create sequence staging.strange;"
        "alter table staging.i alter s set default nextval('staging.strange')",
    )
    assert findings(drift(database, project)) == [
        "i.s: default is nextval('strange'::regclass), the script says nextval(its own sequence)"
    ]
