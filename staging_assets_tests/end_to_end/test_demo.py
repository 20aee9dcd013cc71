"""The demo department: seeded small, built whole, its facts verified by an independent session."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import make_dsn

from staging_assets.checks import KINDS, find_checks
from staging_assets.file_lock import held
from staging_assets.model import StagingProject
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project
from staging_assets.scheduler.run import BuildOptions, run_build
from staging_assets.sources.seed import seed_demo
from staging_assets_tests.support.databases import fresh_database

SQL = Path(__file__).parents[2] / "sql"
SCALE = 0.01
DATABASE = "demo_department"

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Build:
    """What came of the build: each node's status, and the checks that failed."""

    server: Server
    statuses: dict[str, str]
    messages: list[str]
    checks: int
    failed: list[str]


@pytest.fixture(scope="module")
def project() -> StagingProject:
    return load_project(SQL, "demo", KINDS)


@pytest.fixture(scope="module")
def demo(server: Server, run_folder: Path, project: StagingProject) -> Build:
    """Seed and build, unless another worker process has done so."""
    told = run_folder / "demo.json"
    own = Server(make_dsn(server.dsn, dbname=DATABASE), server.sessions)
    with held(run_folder / "demo.lock", 500):
        if not told.exists():
            make_database(server)
            told.write_text(json.dumps(run_demo(own, project)))
    return Build(own, **json.loads(told.read_text()))


def make_database(server: Server) -> None:
    connection = server.connect("demo", autocommit=True)
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(f"drop database if exists {DATABASE}")
        cursor.execute(f"create database {DATABASE}")


def run_demo(server: Server, project: StagingProject) -> dict[str, Any]:
    assert seed_demo(server, SQL, "demo", SCALE)
    results = list(
        run_build(
            server,
            project,
            project.nodes,
            BuildOptions("staging", run_id="demo", workers=2),
            find_checks(project),
            lambda level, message: None,
            threading.Event(),
        )
    )
    checks = [check for result in results for check in result.checks]
    return {
        "statuses": {result.node: result.status for result in results},
        "messages": [result.message for result in results if result.message],
        "checks": len(checks),
        "failed": [
            f"{each.table}.{each.name}: {each.summary}" for each in checks if not each.passed
        ],
    }


@pytest.fixture
def built(demo: Build) -> Iterator[Connection]:
    """A session on the database that was built."""
    with closing(demo.server.connect("witness", autocommit=True)) as connection:
        yield connection


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def count(connection: Connection, query: str) -> int:
    return int(rows(connection, f"select count(*) from ({query}) as found")[0][0])


def test_everything_is_built_and_every_check_holds(demo: Build, project: StagingProject) -> None:
    assert demo.messages == []
    assert demo.statuses == dict.fromkeys(project.nodes, "built")
    assert demo.failed == []
    assert demo.checks >= len(project.nodes) + 20


def test_every_table_that_is_no_lookup_is_filled(
    built: Connection, project: StagingProject
) -> None:
    tables = [name for name in project.tables if not name.startswith("lookup_")]
    assert len(tables) == 37
    for name in tables:
        assert count(built, f"select 1 from staging.{name} limit 1") == 1, name


def test_every_column_of_the_large_tables_that_the_sources_know_has_values(
    built: Connection,
) -> None:
    for table, empty in {
        "officers_hub": set(),
        "events_hub": set(),
        "officer_shifts": set(),
        "dispatches": set(),
        "officer_roles": set(),
        "arrests": {"arrest_finest_area_id", "officer_injured_flag", "narrative"},
    }.items():
        columns = [
            name
            for (name,) in rows(
                built,
                "select attname from pg_attribute where attnum > 0 and not attisdropped"
                f" and attrelid = 'staging.{table}'::regclass",
            )
        ]
        counts = rows(
            built,
            "select " + ", ".join(f'count("{c}")' for c in columns) + f" from staging.{table}",
        )[0]
        found = {name for name, n in zip(columns, counts, strict=True) if n == 0}
        assert found == empty, table


def test_every_event_has_an_officer_of_the_hub(built: Connection) -> None:
    orphans = """
        select 1 from staging.events_hub as events
        left join staging.officers_hub as officers using (officer_id)
        where officers.officer_id is null
    """
    assert count(built, orphans) == 0


def test_no_officer_is_there_twice_under_two_identifiers(built: Connection) -> None:
    # Officers with two badges, whose events came under both, are one officer.
    two_badges = rows(
        built,
        "select employee_no from etl.hr_badges group by employee_no having count(*) = 2",
    )
    assert len(two_badges) > 0
    for (employee,) in two_badges:
        assert (
            count(
                built,
                "select 1 from staging.officers_hub where"
                f" department_defined_officer_id = '{employee}'",
            )
            == 1
        )
    both = """
        select hub.officer_id
        from staging.events_hub as hub
        inner join etl.cad_dispatches as calls on calls.row_id = hub.source_event_id
        where hub.event_type_code = 4
        group by hub.officer_id
        having count(distinct ltrim(calls.badge_no, 'B0')) = 2
    """
    assert count(built, both) > 0


def test_shifts_of_an_officer_do_not_overlap(built: Connection) -> None:
    overlaps = """
        select 1 from staging.officer_shifts as one
        inner join staging.officer_shifts as other
            on one.officer_id = other.officer_id and one.shift_id < other.shift_id
            and one.start_stop_range && other.start_stop_range
    """
    assert count(built, overlaps) == 0
    assert count(built, "select 1 from staging.officer_shifts") > 2000


def test_event_tables_repeat_the_hub(built: Connection, project: StagingProject) -> None:
    for name, table in project.tables.items():
        columns = {column.name for column in table.columns}
        if name == "events_hub" or not {"event_id", "officer_id", "event_datetime"} <= columns:
            continue
        differing = f"""
            select 1 from staging.{name} as events
            inner join staging.events_hub as hub using (event_id)
            where (events.officer_id, events.event_datetime)
                is distinct from (hub.officer_id, hub.event_datetime)
        """
        assert count(built, differing) == 0, name


SOURCES = {
    "cad_dispatches": ("Dispatch", "dispatch_no"),
    "rms_arrests": ("Arrest", "arrest_no"),
    "rms_stops": ("Traffic stop", "stop_no"),
    "rms_field_interviews": ("Field interview", "interview_no"),
    "rms_reports": ("Report", "report_no"),
    "rms_force": ("Use of force", "force_no"),
    "rms_injuries": ("Officer injury", "injury_no"),
    "ia_complaints": ("Complaint", "complaint_no"),
    "ia_cases": ("Internal affairs investigation", "case_no"),
    "ia_compliments": ("Compliment", "compliment_no"),
}


def test_every_row_of_every_system_is_an_event_or_left_out_for_a_reason(built: Connection) -> None:
    """The same sum as row_accounting's, done here in Python on the raw rows."""
    badges = {badge for (badge,) in rows(built, "select badge_no from etl.hr_badges")}
    numbers = {
        int(number[1:])
        for (number,) in rows(
            built, "select department_defined_officer_id from staging.officers_hub"
        )
    }

    def knows(key: str | None) -> bool:
        digits = (key or "").strip().upper().lstrip("BE").lstrip("0")
        return digits in badges if by_badge else digits.isdigit() and int(digits) in numbers

    for source, (kind, number) in SOURCES.items():
        by_badge = not source.startswith("ia_")
        key = "badge_no" if by_badge else "employee_no"
        raw = rows(built, f"select row_id, {number}, {key} from etl.{source} order by row_id")
        seen: set[str] = set()
        expected = set()
        again = nobody = 0
        for row_id, record, officer in raw:
            if record in seen:
                again += 1
            elif not knows(officer):
                nobody += 1
            else:
                expected.add(row_id)
            seen.add(record)
        hub = {
            row_id
            for (row_id,) in rows(
                built,
                "select source_event_id from staging.events_hub inner join"
                " staging.lookup_event_types on event_type_code = code"
                f" where value = '{kind}'",
            )
        }
        told = dict(
            rows(
                built,
                "select coalesce(reason, outcome), row_count from staging.row_accounting"
                f" where target_table = 'events_hub' and source_table = '{source}'"
                " and outcome <> 'balance'",
            )
        )
        timeless = told.get("time cannot be read", 0)
        assert hub <= expected, source
        assert len(expected - hub) == timeless, source
        assert told["read"] == len(raw), source
        assert told["kept"] == len(hub), source
        assert told.get("submitted again under the same number", 0) == again, source
        assert told.get("badge or employee number is missing or nobody's", 0) == nobody, source


def test_every_target_balances(built: Connection) -> None:
    balances = rows(
        built,
        "select target_table, source_table, row_count from staging.row_accounting"
        " where outcome = 'balance'",
    )
    assert len(balances) >= 43
    assert [line for line in balances if line[2] != 0] == []


def test_kept_is_what_the_target_holds(built: Connection) -> None:
    for target, kept in rows(
        built,
        "select target_table, sum(row_count)::int from staging.row_accounting"
        " where outcome = 'kept' group by target_table",
    ):
        assert count(built, f"select 1 from staging.{target}") == kept, target


def test_the_dirt_is_there_and_is_read(built: Connection) -> None:
    formats = rows(
        built,
        "select count(distinct translate(birth_date, '123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',"
        " '000000000' || repeat('A', 26))) from etl.hr_employees",
    )
    assert formats[0][0] >= 4
    unread = count(built, "select 1 from staging.officers_hub where date_of_birth is null")
    assert 0 < unread < 0.1 * count(built, "select 1 from staging.officers_hub")
    spellings = rows(built, "select count(distinct race) from etl.rms_persons")[0][0]
    codes = rows(built, "select count(distinct race_code) from staging.people")[0][0]
    assert spellings > codes > 4
    for table, column in {
        "officer_roles": "rank_code",
        "arrests": "arrest_type_code",
        "dispatches": "dispatch_original_type_code",
        "traffic_stops": "stop_type_code",
    }.items():
        known = rows(built, f"select avg(({column} <> 0)::int)::float from staging.{table}")[0][0]
        assert 0.7 < known <= 1, (table, known)


def test_cleanups_have_done_their_work(built: Connection) -> None:
    assert rows(built, "select distinct city from staging.addresses order by 1") == [
        ("Shelbyville",),
        ("Springfield",),
        (None,),
    ]
    assert (
        count(
            built,
            "select 1 from staging.addresses where street_address ~ '^[0-9]+ '"
            " and hundreds_block !~ '^([0-9]+00|0) BLOCK OF '",
        )
        == 0
    )
    assert {
        policy
        for (policy,) in rows(
            built,
            "select distinct department_defined_policy_violated_cleaned from staging.incidents",
        )
    } == {
        "Accident",
        "Complaint",
        "Injury",
        "Pursuit",
        "Rule of conduct",
        "Unspecified",
        "Use of force",
    }


def test_the_alerts_cleanup_writes_the_same_with_pandas_and_without(
    demo: Build, built: Connection, project: StagingProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pandas")
    from staging_assets.builder.cleanups.run import run_cleanup

    query = "select eis_alert_id, notes from staging.department_eis_alerts order by 1"
    with_pandas = rows(built, query)
    assert all(note.startswith("alert ") for _, note in with_pandas)
    assert any(note.endswith(" days after the last") for _, note in with_pandas)
    monkeypatch.setitem(sys.modules, "pandas", None)
    script = project.cleanups["department_eis_alerts"].script
    with closing(demo.server.connect("cleanup")) as connection:
        with connection.cursor() as cursor:
            cursor.execute("update staging.department_eis_alerts set notes = null")
        run_cleanup(connection, script, "staging", server=demo.server)
        assert rows(connection, query) == with_pandas
        connection.rollback()


def test_the_sources_are_the_same_every_time(
    demo: Build, built: Connection, server: Server, server15: Server
) -> None:
    def digest(connection: Connection) -> list[tuple[Any, ...]]:
        tables = rows(
            connection,
            "select relname from pg_class where relnamespace = 'etl'::regnamespace"
            " and relkind = 'r' order by 1",
        )
        return [
            (
                name,
                rows(
                    connection,
                    "select md5(string_agg(line, ',' order by line)) from"
                    f' (select t::text collate "C" as line from etl.{name} as t) as lines',
                )[0][0],
            )
            for (name,) in tables
        ]

    expected = digest(built)
    assert len(expected) == 28
    for other in (server, server15):
        with fresh_database(other) as fresh:
            assert seed_demo(fresh, SQL, "demo", SCALE)
            with closing(fresh.connect("again", autocommit=True)) as connection:
                assert digest(connection) == expected


def test_the_scale_sets_the_number_of_rows(database: Server, witness: Connection) -> None:
    assert seed_demo(database, SQL, "demo", 0.03)
    assert rows(witness, "select count(distinct employee_no) from etl.hr_employees") == [(303,)]
    assert 16_000 < count(witness, "select 1 from etl.cad_dispatches") < 17_000
    functions = "select 1 from pg_proc where pronamespace = 'etl'::regnamespace"
    assert count(witness, functions) == 0
