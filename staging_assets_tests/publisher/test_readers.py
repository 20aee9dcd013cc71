"""Readers that do not let go of a table. That others notice nothing is tried in `trust/`."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from staging_assets.postgres.client.server import Server
from staging_assets.settings import SessionSettings
from staging_assets_tests.support.builds import build, build_all, load
from staging_assets_tests.support.readers import ROWS, readers, scripts


def test_reader_that_keeps_its_lock_fails_the_table_and_nothing_else(
    database: Server, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path / "1", scripts(1)))
    reader = database.connect("month report")
    reader.cursor().execute("select * from staging.t")
    began = time.monotonic()
    with readers(database, ["select count(*), min(mark), max(mark) from staging.t"]) as seen:
        results = build(
            database,
            load(tmp_path / "2", scripts(2)),
            sessions=SessionSettings(lock_timeout="2s"),
        )
    assert time.monotonic() - began > 2
    assert results["hub"].status == "built"
    assert results["t"].status == "failed"
    assert results["child"].status == "skipped"
    message = results["t"].message or ""
    assert f"backend {reader.info.backend_pid}" in message
    assert "month report" in message
    assert seen.errors == []
    assert seen.answers == {(ROWS, 1, 1)}
    assert max(seen.waits) < 1.5
    reader.close()


def test_reader_that_lets_go_in_time_is_waited_for(database: Server, tmp_path: Path) -> None:
    build_all(database, load(tmp_path / "1", scripts(1)))
    reader = database.connect("short report")
    reader.cursor().execute("select * from staging.t")
    letting_go = threading.Timer(1.0, reader.rollback)
    letting_go.start()
    build_all(database, load(tmp_path / "2", scripts(2)))
    letting_go.join()
    reader.close()
