"""The web page in a browser: someone opens it, materializes everything, and sees that it worked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.conftest import missing
from staging_assets_tests.end_to_end.test_commands import FOLDER, SOURCES, count
from staging_assets_tests.support.browser import find_chromium, opened
from staging_assets_tests.support.builds import ask as ask_server
from staging_assets_tests.support.builds import tables
from staging_assets_tests.support.commands import (
    ACTIVATE,
    ROOT,
    copy_history,
    find_environment,
)
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.webserver import (
    answers,
    ask,
    find_free_port,
    launch,
    running,
    wait_for_run,
    wait_until,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page


SHAPES = {
    "by_cte": (
        "with w as (select n, badge from etl.arrests), v as (select * from w)"
        " select v.n, v.badge from v",
        {"a": "etl/arrests.n", "b": "etl/arrests.badge"},
    ),
    "by_union": (
        "select n, badge from etl.arrests union all select code, value from staging.lookup_races",
        {
            "a": "etl/arrests.n, staging/lookup_races.code",
            "b": "etl/arrests.badge, staging/lookup_races.value",
        },
    ),
    "by_subquery": (
        "select (select max(r.code) from staging.lookup_races as r), s.badge"
        " from (select badge from etl.arrests) as s",
        {"a": "staging/lookup_races.code", "b": "etl/arrests.badge"},
    ),
    "by_function": (
        "select coalesce(n, 0) + 1, staging.clean(upper(badge)) from etl.arrests",
        {"a": "etl/arrests.n", "b": "etl/arrests.badge"},
    ),
    "by_star": (
        "select * from staging.by_cte",
        {"a": "staging/by_cte.a", "b": "staging/by_cte.b"},
    ),
}
"""Table to the query that fills it, and the columns that each of its columns comes from."""

SCRIPTS = {
    **FOLDER,
    **tables(
        **{
            name: (
                f"create table staging.{name} (a int, b text);",
                f"insert into staging.{name} {query};",
            )
            for name, (query, _) in SHAPES.items()
        }
    ),
}


@dataclass(frozen=True)
class Site:
    """The page of `dagster dev` on the small folder, and the database that it builds in."""

    address: str
    server: Server
    folder: Path


@pytest.fixture(scope="module")
def site(
    server: Server, run_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    if find_chromium() is None:
        missing("no chromium on this machine")
    place = tmp_path_factory.mktemp("page")
    folder, home = make_project(place / "scripts", SCRIPTS), place / "home"
    home.mkdir()
    copy_history(run_folder, home)
    port = find_free_port()
    command = ["bash", "-c", f"source '{ACTIVATE}' && exec dagster dev -h 127.0.0.1 -p {port}"]
    address = f"http://127.0.0.1:{port}"
    with fresh_database(server) as own:
        typed = find_environment(
            STAGING_SQL_DIR=str(folder), STAGING_DATABASE_URL=own.dsn, STAGING_HOME=str(home)
        )
        with running(command, typed, ROOT, place / "dev.log"):
            wait_until(lambda: answers(address), "dagster dev", log=place / "dev.log")
            yield Site(address, own, folder)


@pytest.fixture
def witness(site: Site) -> Iterator[Connection]:
    """A session on the database of the page, in which nothing is built yet."""
    make_project(site.folder, SCRIPTS)
    with closing(site.server.connect("witness", autocommit=True)) as connection:
        ask_server(
            connection,
            "drop schema if exists etl, staging, staging__build cascade;"
            f"drop table if exists public.go_on; {SOURCES}",
        )
        yield connection


def look_at_timeline(page: Page, address: str) -> None:
    """The picture is there and was drawn: the page has let it through."""
    from playwright.sync_api import expect

    page.goto(address)
    shown = page.get_by_text("Show Markdown")
    picture = page.get_by_alt_text("what each worker built, and when")
    expect(shown.or_(picture).first).to_be_visible()
    if shown.first.is_visible():
        shown.first.click()
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 960
    expect(page.get_by_text("The longest chain").first).to_be_visible()
    expect(page.get_by_role("cell", name="staging/arrests").first).to_be_visible()


NEWEST = "{ runsOrError(limit: 1) { ... on Runs { results { runId } } } }"


def test_everything_is_materialized_from_the_page(site: Site, witness: Connection) -> None:
    from playwright.sync_api import expect

    location = "staging_assets.definitions"
    with opened(width=2400, height=1800) as page:
        page.goto(f"{site.address}/locations/{location}/asset-groups/tables")
        for name in ("arrests", "officers", "notes"):
            expect(page.get_by_text(name, exact=True).first).to_be_visible()

        page.goto(f"{site.address}/locations/{location}/jobs/populate_all_staging_tables")
        page.get_by_role("button").filter(has_text="Materialize all").click()
        expect(page.get_by_text("Launched run").first).to_be_visible()
        (run,) = ask(site.address, NEWEST)["runsOrError"]["results"]
        assert wait_for_run(site.address, run["runId"])["status"] == "SUCCESS"
        page.goto(f"{site.address}/runs")
        expect(page.get_by_text("Success", exact=True).first).to_be_visible()

        page.goto(f"{site.address}/assets/staging/arrests?view=checks")
        expect(page.get_by_text("table_not_empty").first).to_be_visible()

        for table, (_, columns) in SHAPES.items():
            page.goto(f"{site.address}/assets/staging/{table}")
            shown = page.get_by_role("row").filter(has_text="columns come from")
            expect(shown.first).to_be_visible()
            for column, sources in columns.items():
                row = shown.get_by_role("row").filter(has=page.get_by_text(column, exact=True))
                expect(row.get_by_role("cell").last).to_have_text(sources)

        look_at_timeline(page, f"{site.address}/runs/{run['runId']}?logs=timeline")
        look_at_timeline(page, f"{site.address}/assets/staging/schema?view=events")
    assert count(witness, "select count(*) from staging.arrests") == 3
    assert count(witness, "select count(*) from staging.officers where age = 40") == 2


LAUNCHED = """
... on LaunchRunSuccess { run { runId } }
... on PythonError { message }
... on Error { message }
"""


def test_rerun_from_failure_redoes_what_failed_and_what_was_skipped(
    site: Site,
    witness: Connection,
) -> None:
    script = Path(site.folder, "populate_tables/demo/POPULATE-staging-officers.sql")
    sound = script.read_text()
    with witness.cursor() as cursor:
        cursor.execute("alter table etl.officers rename to officers_away")
    first = launch(site.address, "staging_assets.definitions", "populate_all_staging_tables")
    assert wait_for_run(site.address, first)["status"] == "FAILURE"
    assert count(witness, "select count(*) from staging.lookup_races") == 2
    with witness.cursor() as cursor:
        cursor.execute("alter table etl.officers_away rename to officers")
    assert script.read_text() == sound

    again = ask(
        site.address,
        "mutation ($params: ReexecutionParams!) "
        f"{{ launchRunReexecution(reexecutionParams: $params) {{ {LAUNCHED} }} }}",
        params={"parentRunId": first, "strategy": "FROM_ASSET_FAILURE"},
    )["launchRunReexecution"]
    run = wait_for_run(site.address, again["run"]["runId"])
    assert run["status"] == "SUCCESS"
    assert {"/".join(key["path"]) for key in run["assetSelection"]} == {
        "staging/officers",
        "staging/arrests",
        "staging/officers_cleanup",
    }
    assert count(witness, "select count(*) from staging.arrests") == 3


def test_rerun_from_failure_redoes_a_table_that_its_cleanup_held_back(
    site: Site,
    witness: Connection,
) -> None:
    script = Path(site.folder, "populate_tables/demo/staging-officers-cleanup.py")
    stop = "pgw.execute('select 1 / count(*) from pg_class where relname = ' + repr('go_on'))"
    script.write_text(f"{script.read_text()}    {stop}\n")
    first = launch(site.address, "staging_assets.definitions", "populate_all_staging_tables")
    assert wait_for_run(site.address, first)["status"] == "FAILURE"
    assert count(witness, "select count(*) from pg_tables where tablename = 'officers'") == 1
    with witness.cursor() as cursor:
        cursor.execute("create table public.go_on ()")
    again = ask(
        site.address,
        "mutation ($params: ReexecutionParams!) "
        f"{{ launchRunReexecution(reexecutionParams: $params) {{ {LAUNCHED} }} }}",
        params={"parentRunId": first, "strategy": "FROM_ASSET_FAILURE"},
    )["launchRunReexecution"]
    run = wait_for_run(site.address, again["run"]["runId"])
    assert run["status"] == "SUCCESS"
    assert {"/".join(key["path"]) for key in run["assetSelection"]} == {
        "staging/officers",
        "staging/arrests",
        "staging/officers_cleanup",
    }
    assert count(witness, "select count(*) from staging.officers where age = 40") == 2
