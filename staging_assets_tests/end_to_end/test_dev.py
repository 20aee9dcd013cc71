"""`staging-assets dev`: a page that opens at once, a history where it was wanted, a clean end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from staging_assets.postgres import EmbeddedServer
from staging_assets_tests.cli.test_report import FILES
from staging_assets_tests.support.builds import ask as ask_server
from staging_assets_tests.support.commands import BIN, ROOT, copy_history, find_environment
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

pytestmark = pytest.mark.server

EVENTS = "select count(*) from event_logs where dagster_event_type = 'ASSET_MATERIALIZATION'"


def find_group(group: int) -> list[str]:
    """The command lines of the processes of a group that live."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                found.append((place / "cmdline").read_text().replace("\0", " "))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


@pytest.mark.parametrize(
    ("history", "ending", "in_background"),
    [("postgres", signal.SIGINT, False), ("files", signal.SIGTERM, True)],
    ids=["Ctrl-C, history in Postgres", "in the background of a script"],
)
def test_a_page_without_a_popup_that_leaves_nothing(
    history: str, ending: signal.Signals, in_background: bool, run_folder: Path, tmp_path: Path
) -> None:
    folder, home, log = make_project(tmp_path / "sql", FILES), tmp_path / "home", tmp_path / "log"
    home.mkdir()
    if history == "files":
        copy_history(run_folder, home)
    environment = find_environment(
        STAGING_SQL_DIR=str(folder), STAGING_HOME=str(home), STAGING_HISTORY=history
    )
    port = find_free_port()
    address = f"http://127.0.0.1:{port}"
    command = [str(BIN / "staging-assets"), "dev", "--port", str(port)]
    if in_background:
        command = ["bash", "-c", f"{' '.join(command)} & wait"]
    server = EmbeddedServer(home)
    try:
        with running(command, environment, ROOT, log) as process:
            wait_until(lambda: answers(address), "the page", log=log)
            assert ask(address, "{ shouldShowNux }") == {"shouldShowNux": False}
            run = launch(address, "staging_assets.definitions", "populate_all_staging_tables")
            assert wait_for_run(address, run)["status"] == "SUCCESS", log.read_text()
            if ending is signal.SIGINT:
                os.killpg(process.pid, ending)  # as a terminal does
            else:
                (dev,) = [p for p in find_children(process.pid) if "dagster dev" in p[1]]
                os.kill(dev[0], ending)
            end = time.monotonic() + 60
            while find_group(process.pid) and time.monotonic() < end:
                time.sleep(0.2)
            assert find_group(process.pid) == []
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        assert server.status().state == "running"
        if history == "postgres":
            with closing(psycopg2.connect(server.url, dbname="dagster")) as connection:
                assert ask_server(connection, EVENTS) == 6
            assert not (home / "dagster").exists()
            assert not (home / "dagster_postgres" / "history").exists()
        else:
            assert (home / "dagster" / "history" / "runs" / f"{run}.db").exists()
    finally:
        server.stop()
    told = log.read_text()
    for word in ("Warning", "Traceback", "ERROR"):
        assert word not in told, told


def find_children(parent: int) -> list[tuple[int, str]]:
    """Number and command line of the processes that one has started."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [
        (int(pid), Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")) for pid in found
    ]


def test_a_history_that_is_neither_is_said(tmp_path: Path) -> None:

    done = subprocess.run(
        [BIN / "dagster", "asset", "list"],
        env=find_environment(STAGING_HOME=str(tmp_path), STAGING_HISTORY="sqlite"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: STAGING_HISTORY: 'sqlite' is neither files nor postgres.\n"
