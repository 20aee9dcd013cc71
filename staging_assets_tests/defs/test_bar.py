"""What a terminal shows while a build runs: a line at its foot, and nothing of it afterwards."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

import pytest

from staging_assets.postgres import Server
from staging_assets_tests.support.artefacts import keep_recording
from staging_assets_tests.support.builds import tables
from staging_assets_tests.support.commands import BIN, find_environment
from staging_assets_tests.support.folders import make_project


def run_on_a_terminal(words: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """The exit code, and all that was written to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        words, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    ) as process:
        os.close(theirs)
        seen, parts, began = b"", [], time.monotonic()
        while True:
            ready, _, _ = select.select([ours], [], [], 120)
            try:
                part = os.read(ours, 65536) if ready else b""
            except OSError:  # nobody has the other end any more
                part = b""
            if not part:
                break
            seen += part
            parts.append((time.monotonic() - began, part.decode(errors="replace")))
        code = process.wait(30)
    os.close(ours)
    keep_recording(words, parts)
    return code, seen.decode()


def read_screen(written: str) -> list[str]:
    """The lines that are left: what was erased or written over is gone."""
    lines = [""]
    column = 0
    for token in re.findall(r"\x1b\[[\d;?]*[A-Za-z]|\r\n|\r|\n|[^\x1b\r\n]+", written):
        if token == "\r\n" or token == "\n":
            lines.append("")
            column = 0
        elif token == "\r":
            column = 0
        elif token == "\x1b[2K":
            lines[-1] = ""
        elif token == "\x1b[1A":
            lines.pop()
        elif not token.startswith("\x1b"):
            lines[-1] = lines[-1][:column] + token + lines[-1][column + len(token) :]
            column += len(token)
    return lines


@pytest.mark.parametrize("fails", [False, True])
def test_a_terminal_shows_what_is_built_and_keeps_only_what_came_of_it(
    database: Server, staging_home: Path, tmp_path: Path, fails: bool
) -> None:
    broken = ", 1 / (select 0)" if fails else ""
    files = tables(
        quick=("create table staging.quick (i int)", "insert into staging.quick select 1"),
        slow=(
            "create table staging.slow (i int, j int)",
            f"do $$ begin raise warning 'odd'; end $$; select pg_sleep(1.5);"
            f" insert into staging.slow select 1{broken or ', 1'}",
        ),
    )
    folder = make_project(tmp_path / "sql", files)
    environment = find_environment(
        STAGING_DATABASE_URL=database.dsn,
        STAGING_HOME=str(staging_home),
        STAGING_SQL_DIR=str(folder),
        STAGING_DEPARTMENT="demo",
        TERM="xterm-256color",
    )
    code, written = run_on_a_terminal([str(BIN / "staging-assets"), "build"], environment)
    assert code == (1 if fails else 0)
    assert re.search(r"[█░]{20} \d/3.*[ ,] staging/slow \d s", written), written
    left = "\n".join(read_screen(written))
    assert "█" not in left
    assert "░" not in left
    assert "] staging/quick " in left
    assert ("1 failed" if fails else "3 built, 0 failed") in left
    assert len(re.findall(r"^\d\d:\d\d:\d\d WARNING .*odd", left, re.M)) == 1
    assert written.count("\x1b[?25h") >= written.count("\x1b[?25l") > 0


def test_a_pipe_gets_plain_lines(database: Server, staging_home: Path, tmp_path: Path) -> None:
    files = tables(
        slow=(
            "create table staging.slow (i int)",
            "insert into staging.slow select 1 from pg_sleep(1)",
        )
    )
    environment = find_environment(
        STAGING_DATABASE_URL=database.dsn,
        STAGING_HOME=str(staging_home),
        STAGING_SQL_DIR=str(make_project(tmp_path / "sql", files)),
        STAGING_DEPARTMENT="demo",
        TERM="xterm-256color",
    )
    ran = subprocess.run(
        [BIN / "staging-assets", "build"], env=environment, capture_output=True, check=True
    )
    assert b"\x1b" not in ran.stdout
    assert "█".encode() not in ran.stdout
    assert b"2 built, 0 failed" in ran.stdout
