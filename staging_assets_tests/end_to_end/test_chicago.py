"""Chicago's data through the whole pipeline: built, checked, and every row accounted for.

The data is no part of the repository; without it these tests are skipped. It is built once for all
worker processes of a test run.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import make_dsn

from staging_assets.checks import KINDS, CheckResult, find_checks, run_checks
from staging_assets.file_lock import held
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project
from staging_assets.scheduler.run import BuildOptions, run_build
from staging_assets_tests.support.commands import find_environment, run_typed

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "chicago"
README = ROOT / "sql" / "populate_tables" / "chicago" / "README.md"
DATABASE = "chicago"

pytestmark = [
    pytest.mark.skipif(not DATA.exists(), reason=f"no data of Chicago in {DATA}"),
    pytest.mark.timeout(900),
]


@dataclass(frozen=True)
class Build:
    """What came of the build: each node's status, and the checks that failed."""

    server: Server
    statuses: dict[str, str]
    checks: int
    failed: list[str]


@pytest.fixture(scope="module")
def chicago(server: Server, run_folder: Path) -> Build:
    """Load and build everything, unless another worker process has done so."""
    told = run_folder / "chicago.json"
    own = Server(make_dsn(server.dsn, dbname=DATABASE), server.sessions)
    with held(run_folder / "chicago.lock", 800):
        if not told.exists():
            told.write_text(json.dumps(run_chicago(server, own, run_folder / "chicago")))
    return Build(own, **json.loads(told.read_text()))


def run_chicago(server: Server, own: Server, home: Path) -> dict[str, Any]:
    with closing(server.connect("tests", autocommit=True)) as connection:
        cursor = connection.cursor()
        cursor.execute(f"drop database if exists {DATABASE} with (force)")
        cursor.execute(f"create database {DATABASE} template template0")
    typed = find_environment(
        STAGING_DATABASE_URL=own.dsn,
        STAGING_DEPARTMENT="chicago",
        STAGING_ETL_CSV_DIR=str(DATA),
        STAGING_HOME=str(home),
    )
    for selection in ("etl/*", "staging/*"):
        ran = run_typed(f"dagster asset materialize --select {selection}", typed, timeout=800)
        assert ran.returncode == 0, ran.stdout
    ended = re.findall(r"^\[ *\d+/\d+\] staging/(\S+) +.*?([a-z]+)$", ran.stdout, re.MULTILINE)
    checks = run_checks(own, load_project(ROOT / "sql", "chicago", KINDS), "staging")
    return {
        "statuses": {node: "built" if last == "s" else last for node, last in ended},
        **summarize(checks),
    }


def run_nodes(server: Server, *nodes: str) -> dict[str, Any]:
    """Build the nodes, or all of them; give what came of it."""
    project = load_project(ROOT / "sql", "chicago", KINDS)
    results = list(
        run_build(
            server,
            project,
            nodes or project.nodes,
            BuildOptions(schema="staging", run_id="tests", workers=2),
            find_checks(project),
            lambda level, message: None,
            threading.Event(),
        )
    )
    checks = [check for result in results for check in result.checks]
    return {
        "statuses": {result.node: result.status for result in results},
        **summarize(checks),
    }


def summarize(checks: list[CheckResult]) -> dict[str, Any]:
    """How many checks there were, and which failed."""
    return {
        "checks": len(checks),
        "failed": [
            f"{each.table}.{each.name}: {each.summary}" for each in checks if not each.passed
        ],
    }


@pytest.fixture
def built(chicago: Build) -> Iterator[Connection]:
    """A session on the database that was built."""
    with closing(chicago.server.connect("witness", autocommit=True)) as connection:
        yield connection


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


Accounting = dict[tuple[str, str], tuple[int, int, dict[str, int]]]
"""Target and source to rows in, rows out, and rows left out by reason."""


def read_accounting() -> tuple[Accounting, dict[str, int]]:
    """Read the README's table: its lines, and the rows it gives each staging table."""
    lines: Accounting = {}
    totals = {}
    section = README.read_text().split("## Where every row went")[1].split("\n## ")[0]
    for cells in read_cells(section):
        if cells[0].startswith("**"):
            totals[cells[0].strip("*")] = number(cells[3].strip("*"))
            continue
        reasons = {
            reason: number(count)
            for count, reason in (why.split(" ", 1) for why in cells[5].split("; ") if why)
        }
        read, kept, left = (number(cell) for cell in cells[2:5])
        assert read == kept + left, cells
        assert sum(reasons.values()) == left, cells
        lines[cells[0], cells[1]] = (read, kept, reasons)
    return lines, totals


def read_cells(section: str) -> list[list[str]]:
    table = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_every_table_is_built_and_every_check_holds(chicago: Build) -> None:
    assert set(chicago.statuses.values()) == {"built"}
    assert chicago.failed == []
    assert chicago.checks > 100


def test_the_readme_says_what_the_build_counted(built: Connection) -> None:
    lines, _ = read_accounting()
    counted: Accounting = {}
    for target, source, outcome, reason, count in rows(
        built,
        "select target_table, source_table, outcome, reason, row_count from staging.row_accounting",
    ):
        read, kept, reasons = counted.get((target, source), (0, 0, {}))
        match outcome:
            case "read":
                counted[target, source] = (count, kept, reasons)
            case "kept":
                counted[target, source] = (read, count, reasons)
            case "left out":
                counted[target, source] = (
                    read,
                    kept,
                    {**reasons, **({reason: count} if count else {})},
                )
            case "balance":
                assert count == 0, (target, source)
    assert counted == lines


def test_the_readme_says_how_many_rows_each_table_has(built: Connection) -> None:
    lines, totals = read_accounting()
    populated = {
        path.stem.removeprefix("POPULATE-staging-") for path in README.parent.glob("POPULATE-*.sql")
    }
    assert set(totals) == populated - {"row_accounting"}
    for table, total in totals.items():
        assert rows(built, f"select count(*) from staging.{table}") == [(total,)], table
        kept = sum(each[1] for (target, _), each in lines.items() if target == table)
        assert kept == total, table


def test_the_files_counted_again_give_the_same() -> None:
    pandas = pytest.importorskip("pandas")
    assert pandas
    from staging_assets_tests.support.chicago_recount import Recount

    lines, _ = read_accounting()
    assert Recount(DATA).lines == {key: (read, why) for key, (read, _, why) in lines.items()}


def test_every_file_is_accounted_for() -> None:
    lines, _ = read_accounting()
    manifest = json.loads((DATA / "manifest.json").read_text())
    sizes = {table["table"]: table["rows"] for table in manifest["tables"]}
    for (_, source), (read, _, _) in lines.items():
        assert read == sizes.get(source, read), source
    not_taken = set(sizes) - {source for _, source in lines}
    assert not_taken == {"complaint_cpd_witnesses"}
    assert (
        f"`complaint_cpd_witnesses` ({sizes['complaint_cpd_witnesses']:,} rows) is not taken"
        in (README.read_text())
    )


def find_limits() -> dict[tuple[str, str], int]:
    """How many rows each check of known dirt allows: table and name of the check to rows."""
    declared = load_project(ROOT / "sql", "chicago", KINDS).config.checks
    limits = {}
    for check in declared:
        query = str(check.arguments.get("query", ""))
        if check.severity == "WARN" and (
            found := re.search(r"having count\(\*\) > (\d+)\s*$", query)
        ):
            limits[check.table, check.name] = int(found[1])
    return limits


def test_known_dirt_is_what_the_readme_and_the_checks_say(built: Connection) -> None:
    text = README.read_text().split("## What was changed")[1]
    said = {(cells[1], cells[3]): number(cells[0]) for cells in read_cells_of_all(text)}
    assert said == find_limits()
    for check in load_project(ROOT / "sql", "chicago", KINDS).config.checks:
        if (check.table, check.name) in said:
            query = re.sub(r"having count\(\*\) > \d+\s*$", "", str(check.arguments["query"]))
            assert rows(built, query) == [(said[check.table, check.name],)], check.name


def read_cells_of_all(text: str) -> list[list[str]]:
    return [cells for part in re.split(r"\n\n", text) for cells in read_cells(part)]


def test_a_uid_with_and_without_point_zero_is_one_officer(built: Connection) -> None:
    # 112683 is written so in officers and unit_history, 112683.0 everywhere else.
    (found,) = rows(
        built,
        """
        select
            count(distinct hub.officer_id),
            (select count(*) from etl.complaint_accused where uid in ('112683', '112683.0')),
            count(*) filter (where types.value = 'Complaint')
        from staging.officers_hub as hub
        inner join staging.events_hub as events using (officer_id)
        inner join staging.lookup_event_types as types on types.code = events.event_type_code
        where hub.department_defined_officer_id like '112683%'
        """,
    )
    officers, accusations, events = found
    assert officers == 1
    assert events == accusations > 0


def test_accusations_end_at_the_officer_and_outcome_that_the_file_names(built: Connection) -> None:
    # Joined back by uid and cr_id, not by the key that the scripts use.
    (found,) = rows(
        built,
        """
        select
            count(*),
            count(*) filter (where incidents.number_of_sustained_allegations = 1),
            sum(incidents.days_suspended) filter (where accused.final_outcome ~* '^10 day')
        from etl.complaint_accused as accused
        inner join staging.officers_hub as hub
            on split_part(accused.uid, '.', 1) = hub.department_defined_officer_id
        inner join staging.incidents
            on
                accused.cr_id = incidents.department_defined_investigation_id
                and hub.officer_id = incidents.officer_id
                and incidents.department_source_table = 'complaint_accused'
        """,
    )
    # The data's README: 21,427 findings are SU; 287 + 275 suspensions are of ten days.
    assert found == (244_436, 21_427, 5_620)


def test_every_spelling_of_an_outcome_is_read(built: Connection) -> None:
    unread = rows(
        built,
        """
        select distinct accused.final_outcome
        from etl.complaint_accused as accused
        inner join staging.events_hub as events
            on events.department_source_id_hashed = md5(
                'complaint_accused/' || accused.cr_id || '/' || split_part(accused.uid, '.', 1)
            )::uuid
        inner join staging.incidents using (event_id)
        where incidents.intervention_type_code = 0
        order by 1
        """,
    )
    assert unread == [("99",), ("999",), ("Unknown",), (None,)]


def test_a_second_build_gives_events_the_same_ids(chicago: Build, built: Connection) -> None:
    query = """
        select md5(string_agg(event_id || department_source_id_hashed::text, '' order by event_id))
        from staging.events_hub
        """
    before = rows(built, query)
    assert run_nodes(chicago.server, "events_hub")["statuses"] == {"events_hub": "built"}
    assert rows(built, query) == before
    assert rows(
        built,
        """
        select count(*)
        from staging.complaints
        inner join staging.events_hub using (event_id, officer_id)
        """,
    ) == rows(built, "select count(*) from staging.complaints where officer_id is not null")
