"""The web page in a browser: someone opens it, materializes everything, and sees that it worked."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets_tests.conftest import missing
from staging_assets_tests.end_to_end.test_commands import count, typed  # noqa: F401 - a fixture
from staging_assets_tests.support.commands import ACTIVATE, ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# No sandbox, because tests may run as root; no background traffic, because tests need no network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def page_address(typed: dict[str, str], tmp_path: Path) -> Iterator[str]:  # noqa: F811
    """The address of `dagster dev` on the small folder."""
    if CHROMIUM is None:
        missing("no chromium on this machine")
    port = find_free_port()
    log = tmp_path / "dev.log"
    with log.open("w") as out:
        dev = subprocess.Popen(
            ["bash", "-c", f"source '{ACTIVATE}' && exec dagster dev -h 127.0.0.1 -p {port}"],
            cwd=ROOT,
            env=typed,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert dev.poll() is None, log.read_text()
            with suppress(OSError):
                urllib.request.urlopen(f"{address}/server_info", timeout=2)
                break
            time.sleep(0.2)
        else:
            pytest.fail(f"dagster dev did not answer: {log.read_text()}")
        yield address
    finally:
        os.killpg(dev.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            dev.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(dev.pid, signal.SIGKILL)


def test_everything_is_materialized_from_the_page(page_address: str, witness: Connection) -> None:
    from playwright.sync_api import expect, sync_playwright

    location = "staging_assets.definitions"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(60_000)
        page.add_locator_handler(
            page.get_by_role("button", name="Skip"), lambda button: button.click()
        )
        page.goto(f"{page_address}/locations/{location}/asset-groups/tables")
        for name in ("arrests", "officers", "notes"):
            expect(page.get_by_text(name, exact=True).first).to_be_visible()

        page.goto(f"{page_address}/locations/{location}/jobs/populate_all_staging_tables")
        page.get_by_role("button").filter(has_text="Materialize all").click()
        expect(page.get_by_text("Launched run").first).to_be_visible()
        page.goto(f"{page_address}/runs")
        expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=90_000)

        page.goto(f"{page_address}/assets/staging/arrests?view=checks")
        expect(page.get_by_text("table_not_empty").first).to_be_visible()
        browser.close()
    assert count(witness, "select count(*) from staging.arrests") == 3
    assert count(witness, "select count(*) from staging.officers where age = 40") == 2


def ask(address: str, query: str, **variables: object) -> dict[str, object]:
    """Send one GraphQL query, as the page does."""
    request = urllib.request.Request(
        f"{address}/graphql",
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        told = json.load(answer)
    assert "errors" not in told, told
    return told["data"]


LAUNCHED = """
... on LaunchRunSuccess { run { runId } }
... on PythonError { message }
... on Error { message }
"""
RUN = (
    "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status assetSelection { path } } } }"
)


def wait_for_run(address: str, run_id: str) -> dict[str, object]:
    for _ in range(450):
        run = ask(address, RUN, id=run_id)["runOrError"]
        assert isinstance(run, dict)
        if run["status"] in ("SUCCESS", "FAILURE", "CANCELED"):
            return run
        time.sleep(0.2)
    pytest.fail("the run did not end")


def test_rerun_from_failure_redoes_what_failed_and_what_was_skipped(
    page_address: str,
    typed: dict[str, str],  # noqa: F811
    witness: Connection,
) -> None:
    script = Path(typed["STAGING_SQL_DIR"], "populate_tables/demo/POPULATE-staging-officers.sql")
    sound = script.read_text()
    with witness.cursor() as cursor:
        cursor.execute("alter table etl.officers rename to officers_away")
    selector = {
        "repositoryLocationName": "staging_assets.definitions",
        "repositoryName": "__repository__",
        "pipelineName": "populate_all_staging_tables",
    }
    launched = ask(
        page_address,
        "mutation ($params: ExecutionParams!) "
        f"{{ launchRun(executionParams: $params) {{ {LAUNCHED} }} }}",
        params={"selector": selector, "runConfigData": {}, "mode": "default"},
    )["launchRun"]
    first = launched["run"]["runId"]
    assert wait_for_run(page_address, first)["status"] == "FAILURE"
    assert count(witness, "select count(*) from staging.lookup_races") == 2
    with witness.cursor() as cursor:
        cursor.execute("alter table etl.officers_away rename to officers")
    assert script.read_text() == sound

    again = ask(
        page_address,
        "mutation ($params: ReexecutionParams!) "
        f"{{ launchRunReexecution(reexecutionParams: $params) {{ {LAUNCHED} }} }}",
        params={"parentRunId": first, "strategy": "FROM_ASSET_FAILURE"},
    )["launchRunReexecution"]
    run = wait_for_run(page_address, again["run"]["runId"])
    assert run["status"] == "SUCCESS"
    assert {"/".join(key["path"]) for key in run["assetSelection"]} == {
        "staging/officers",
        "staging/arrests",
        "staging/officers_cleanup",
    }
    assert count(witness, "select count(*) from staging.arrests") == 3
