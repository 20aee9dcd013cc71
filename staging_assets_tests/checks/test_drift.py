"""Drift: what was changed by hand since a CREATE script made a table."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import Check, CheckResult
from staging_assets.checks.schema.drift import evaluate_drift
from staging_assets.model import (
    Cleanup,
    Procedures,
    Relation,
    Script,
    StagingProject,
    Table,
)
from staging_assets.postgres.client.server import Server

OFFICERS = """
create table staging.officers (officer_id serial primary key, badge varchar(10) unique);
"""
ARRESTS = """
drop table if exists staging.arrests;
create table staging.arrests (
    event_id int primary key,
    officer_id int references staging.officers (officer_id) on delete cascade,
    arrest_type text not null default 'none',
    charges int check (charges >= 0),
    doubled int generated always as (charges * 2) stored,
    "Odd Name" numeric(10, 2),
    tidy text default staging.tidy('x')
);
create index on staging.arrests (arrest_type) where charges > 1;
create index by_officer on staging.arrests (officer_id desc, lower(arrest_type));
comment on table staging.arrests is 'Arrests.';
"""
TIDY = """
create or replace function staging.tidy(text) returns text language sql immutable as
$$ select trim($1) $$;
"""


def script(name: str, text: str) -> Script:
    return Script(Path(name), name, text)


def make_project(
    creates: Mapping[str, str],
    *,
    references: Mapping[str, Sequence[str]] | None = None,
    procedures: Mapping[str, str] | None = None,
    cleanups: Mapping[str, str] | None = None,
) -> StagingProject:
    functions = {f"stored_procedures/{name}" for name in procedures or {}}
    dependencies = {"schema": frozenset[str]()}
    dependencies |= {name: frozenset({"schema"}) for name in functions}
    for name in creates:
        above = (references or {}).get(name, ())
        dependencies[name] = frozenset({"schema", *above, *functions})
    return StagingProject(
        sql_dir=Path("sql"),
        department="demo",
        tables={
            name: Table(
                name,
                script(name, text),
                own=frozenset({name}),
                foreign_keys=frozenset((references or {}).get(name, ())),
            )
            for name, text in creates.items()
        },
        procedures={
            name: Procedures(name, script(name, text), frozenset({Relation("staging", name)}))
            for name, text in (procedures or {}).items()
        },
        cleanups={
            name: Cleanup(name, script(f"{name}.py", text), None)
            for name, text in (cleanups or {}).items()
        },
        dependencies=dependencies,
        sources={},
        fingerprints={},
    )


def make_arrests(**cleanups: str) -> StagingProject:
    return make_project(
        {"officers": OFFICERS, "arrests": ARRESTS},
        references={"arrests": ["officers"]},
        procedures={"tidy": TIDY},
        cleanups=cleanups,
    )


DRIFT = Check("schema_matches_scripts", "schema_matches_scripts", "schema")


def find(
    connection: Connection, project: StagingProject, schema: str = "staging", **arguments: object
) -> CheckResult:
    check = Check(DRIFT.name, DRIFT.kind, "schema", arguments)
    return evaluate_drift(connection, check, project, schema)


def findings(result: CheckResult) -> list[str]:
    found = result.metadata.get("findings", [])
    assert isinstance(found, list)
    assert result.passed == (not found)
    assert result.metadata["deviations"] == len(found)
    return found


def run(connection: Connection, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


@pytest.fixture
def staging(database: Server) -> Iterator[Connection]:
    with closing(database.connect("test", autocommit=True)) as connection:
        run(connection, f"create schema staging; {TIDY} {OFFICERS} {ARRESTS}")
        yield connection


def test_what_the_scripts_made_is_no_drift(staging: Connection) -> None:
    result = find(staging, make_arrests())
    assert findings(result) == []
    assert result.summary == "2 tables as the scripts say"


DAMAGES = [
    ("drop column charges cascade", [
        "arrests.charges: the column is missing",
        "arrests.doubled: the column is missing",
        "arrests: index is missing: CREATE INDEX ON arrests USING btree (arrest_type) "
        "WHERE charges > 1",
        "arrests: key is missing: CHECK (charges >= 0)",
    ]),
    ("add column extra int", ["arrests.extra: the column is not in the script"]),
    ("alter column officer_id type bigint", [
        "arrests.officer_id: type is bigint, the script says integer",
    ]),
    ('alter column "Odd Name" type numeric', [
        "arrests.Odd Name: type is numeric, the script says numeric(10,2)",
    ]),
    ("alter column arrest_type drop not null", [
        "arrests.arrest_type: NULL is allowed, the script says NOT NULL",
    ]),
    ('alter column "Odd Name" set not null', [
        "arrests.Odd Name: is NOT NULL, the script says that NULL is allowed",
    ]),
    ("alter column arrest_type set default 'some'", [
        "arrests.arrest_type: default is 'some'::text, the script says 'none'::text",
    ]),
    ("alter column arrest_type drop default", [
        "arrests.arrest_type: default is none, the script says 'none'::text",
    ]),
    ("drop constraint arrests_pkey", ["arrests: key is missing: PRIMARY KEY (event_id)"]),
    ("drop constraint arrests_officer_id_fkey", [
        "arrests: key is missing: FOREIGN KEY (officer_id) REFERENCES officers(officer_id) "
        "ON DELETE CASCADE",
    ]),
    ("add unique (charges)", ["arrests: key is not in the script: UNIQUE (charges)"]),
    ("set unlogged", ["arrests: it is unlogged, the script says logged"]),
    ("rename column tidy to tidied", [
        "arrests.tidy: the column is missing",
        "arrests.tidied: the column is not in the script",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "expected"), DAMAGES, ids=[damage for damage, _ in DAMAGES])
def test_what_was_changed_by_hand_is_found(
    staging: Connection, damage: str, expected: list[str]
) -> None:
    run(staging, f"alter table staging.arrests {damage}")
    assert findings(find(staging, make_arrests())) == expected


def test_an_index_dropped_or_added_or_broken_is_found(staging: Connection) -> None:
    run(
        staging,
        "drop index staging.by_officer; create index on staging.officers using hash (badge);",
    )
    assert findings(find(staging, make_arrests())) == [
        "officers: index is not in the script: CREATE INDEX ON officers USING hash (badge)",
        "arrests: index is missing: CREATE INDEX ON arrests USING btree "
        "(officer_id DESC, lower(arrest_type))",
    ]


def test_another_thing_under_the_table_s_name_is_found(staging: Connection) -> None:
    run(staging, "drop table staging.arrests; create view staging.arrests as select 1 as event_id")
    assert findings(find(staging, make_arrests())) == [
        "arrests: it is a view, the script says table"
    ]


def test_every_deviation_of_every_table_is_listed(staging: Connection) -> None:
    run(
        staging,
        "alter table staging.arrests " + ", ".join(f"add column c{i} int" for i in range(8)) + ";"
        "alter table staging.officers alter column badge type text",
    )
    result = find(staging, make_arrests())
    assert len(findings(result)) == 9
    assert result.summary.endswith("and 4 more")


def test_a_table_that_was_never_built_is_counted_and_no_drift(staging: Connection) -> None:
    run(staging, "drop table staging.arrests")
    result = find(staging, make_arrests())
    assert findings(result) == []
    assert result.metadata["tables not built yet"] == 1


def test_a_table_that_went_away_after_it_was_built_is_found(staging: Connection) -> None:
    run(
        staging,
        "drop table staging.arrests; create schema staging__build;"
        " create table staging__build.\"__builds\" as select 'arrests' as node",
    )
    assert findings(find(staging, make_arrests())) == [
        "arrests: the table is gone since it was built"
    ]


def test_declared_exceptions_are_left_out(staging: Connection) -> None:
    run(
        staging,
        "alter table staging.arrests add column extra int, alter column officer_id type bigint;"
        "alter table staging.officers alter column badge type text",
    )
    result = evaluate_drift(
        staging,
        Check(DRIFT.name, DRIFT.kind, "schema", {"except": ("arrests.*", "officers")}),
        make_arrests(),
        "staging",
    )
    assert findings(result) == []


CLEANUPS = [
    ("pgw.cast_column('officer_id', 'arrests', 'staging', 'bigint')", True),
    ("pgw.execute('alter table staging.arrests alter column officer_id type bigint')", True),
    ("pgw.execute(f'ALTER TABLE staging.arrests ALTER {c} TYPE bigint')", True),
    ("df.to_sql('arrests', pgw.engine)", True),
    ("pgw.cast_column(column='charges', table_name='arrests')", False),
    ("pgw.drop_empty_columns('arrests', 'staging')", False),
    ("pgw.execute('update staging.arrests set officer_id = 1')", False),
]


@pytest.mark.parametrize(("line", "explained"), CLEANUPS, ids=[line for line, _ in CLEANUPS])
def test_what_a_cleanup_changes_by_its_own_words_is_no_drift(
    staging: Connection, line: str, explained: bool
) -> None:
    run(staging, "alter table staging.arrests alter column officer_id type bigint")
    result = find(
        staging, make_arrests(arrests=f"def main(pgw):\n    c = 'officer_id'\n    {line}\n")
    )
    said = "arrests.officer_id: type is bigint, the script says integer"
    assert findings(result) == ([] if explained else [said])
    assert result.metadata.get("changed by cleanups", []) == ([said] if explained else [])


def test_a_cleanup_that_drops_empty_columns_explains_missing_ones_and_their_keys(
    staging: Connection,
) -> None:
    run(staging, "alter table staging.arrests drop column officer_id, drop column tidy")
    body = "def main(pgw):\n    pgw.drop_empty_columns('arrests', 'staging')\n"
    result = find(staging, make_arrests(arrests=body))
    assert findings(result) == []
    assert len(result.metadata["changed by cleanups"]) == 4  # type: ignore[arg-type]


def test_a_script_that_cannot_be_run_is_said_to_be_so_and_hides_nothing_else(
    staging: Connection,
) -> None:
    run(staging, "create table staging.odd (a int); alter table staging.officers add extra int")
    project = make_project(
        {"odd": "create table staging.odd (a no_such_type);", "officers": OFFICERS}
    )
    assert findings(find(staging, project)) == [
        'odd: could not be compared: type "no_such_type" does not exist (42704)',
        "officers.extra: the column is not in the script",
    ]


def test_nothing_is_left_behind(staging: Connection, witness: Connection) -> None:
    def count() -> object:
        with witness.cursor() as cursor:
            cursor.execute("select count(*), max(oid) from pg_namespace")
            return cursor.fetchone()

    before = count()
    find(staging, make_arrests())
    assert count() == before


@pytest.mark.parametrize("autocommit", [True, False])
@pytest.mark.parametrize("schema", ["staging_dev", 'Odd "schema" 100%'])
def test_any_schema_is_compared(database: Server, schema: str, autocommit: bool) -> None:
    quoted = '"' + schema.replace('"', '""') + '"'
    made = "".join(text.replace("staging", quoted) for text in (TIDY, OFFICERS, ARRESTS))
    with closing(database.connect("test", autocommit=True)) as connection:
        run(connection, f"create schema {quoted}; {made}")
        connection.autocommit = autocommit
        assert findings(find(connection, make_arrests(), schema)) == []
        run(connection, f"alter table {quoted}.arrests add column extra int")
        if not autocommit:
            connection.commit()
        assert len(findings(find(connection, make_arrests(), schema))) == 1


def test_readers_and_writers_of_live_tables_are_not_held_up(
    staging: Connection, database: Server
) -> None:
    waits = []
    stop = threading.Event()

    def write() -> None:
        with closing(database.connect("writer", autocommit=True)) as connection:
            while not stop.is_set():
                started = time.monotonic()
                run(connection, "insert into staging.officers (badge) values (null)")
                waits.append(time.monotonic() - started)

    thread = threading.Thread(target=write)
    thread.start()
    with closing(database.connect("reader")) as reader:
        # A lock that any reader holds must not hold up the check either.
        run(reader, "lock table staging.officers, staging.arrests in share update exclusive mode")
        started = time.monotonic()
        for _ in range(5):
            assert findings(find(staging, make_arrests())) == []
        taken = time.monotonic() - started
    stop.set()
    thread.join()
    assert taken < 5
    assert max(waits) < 1
    assert len(waits) > 5


def test_a_hundred_tables_take_little_longer_than_their_scripts(database: Server) -> None:
    creates = {"hub": "create table staging.hub (id serial primary key, v text);"}
    creates |= {
        f"t{i}": f"create table staging.t{i} (id int primary key references staging.hub (id),"
        f" {', '.join(f'c{j} int' for j in range(10))}, v text not null);"
        f" create index on staging.t{i} (v);"
        for i in range(99)
    }
    project = make_project(creates, references={f"t{i}": ["hub"] for i in range(99)})
    with closing(database.connect("test", autocommit=True)) as connection:
        run(connection, "create schema staging;" + "".join(creates.values()))
        times, plain = [], []
        for _ in range(3):
            started = time.monotonic()
            scripts = "".join(creates.values()).replace("staging.", "plain.")
            run(connection, f"begin; create schema plain; {scripts} rollback")
            plain.append(time.monotonic() - started)
            started = time.monotonic()
            result = find(connection, project)
            times.append(time.monotonic() - started)
    assert findings(result) == []
    assert result.metadata["tables compared"] == 100
    # 0.3 s on an idle machine, of which the scripts alone take the half.
    assert min(times) < 5 * min(plain), f"{min(times):.2f} s, the scripts {min(plain):.2f} s"


def test_more_tables_than_fit_in_one_transaction_are_compared_in_parts(
    database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("staging_assets.checks.schema.expected.TABLES_AT_ONCE", 2)
    creates = {
        "a": "create table staging.a (id int primary key);",
        "b": "create table staging.b (id int primary key references staging.a (id));",
        "c": "create table staging.c (id int references staging.b (id));",
        "d": "create table staging.d (like staging.a including all);",
    }
    project = make_project(creates, references={"b": ["a"], "c": ["b"], "d": ["a"]})
    with closing(database.connect("test", autocommit=True)) as connection:
        run(connection, "create schema staging;" + "".join(creates.values()))
        assert findings(find(connection, project)) == []
        run(connection, "alter table staging.d add column extra int")
        assert len(findings(find(connection, project))) == 1


def test_postgres_15_answers_the_same(database15: Server) -> None:
    with closing(database15.connect("test")) as connection:
        run(connection, f"create schema staging; {TIDY} {OFFICERS} {ARRESTS}")
        connection.commit()
        assert findings(find(connection, make_arrests())) == []
        for damage, expected in DAMAGES:
            run(connection, f"drop table staging.arrests; {ARRESTS}")
            run(connection, f"alter table staging.arrests {damage}")
            connection.commit()
            assert findings(find(connection, make_arrests())) == expected
