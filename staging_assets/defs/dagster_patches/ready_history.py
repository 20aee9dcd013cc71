"""Dagster's three databases as it makes them itself, ready to be laid into a new folder.

Dagster makes them by way of its migrations, which takes longer than many a command; CI and
newcomers always begin in a new folder. `ready_history.sql` says what comes out of that, for one
version of Dagster; any other makes them itself. A test compares both, and a new version is taken up
by `python -m staging_assets.defs.dagster_patches.ready_history`.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import dagster as dg

READY = Path(__file__).with_suffix(".sql")
_DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
_TIME = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?'")
"""When a migration was done: never in a new folder."""


def lay_history(home: Path) -> bool:
    """Lay the databases into a folder; False where that is not possible, and nothing was done.

    Args:
        home: a folder that Dagster has not used yet.
    """
    first, *parts = re.split(r"^-- ", READY.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    made = (home / "history", home / "schedules")
    if first.strip() != _find_version() or any(folder.exists() for folder in made):
        return False
    for part in parts:
        name, _, statements = part.partition("\n")
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.executescript(statements)
    return True


def make_history(home: Path, configuration: str) -> None:
    """Let Dagster make its databases itself.

    Args:
        home: the folder.
        configuration: the name of Dagster's configuration in it.
    """
    with dg.DagsterInstance.from_config(str(home), configuration):
        pass


def find_history_sql(home: Path) -> str:
    """What the databases of a folder hold, as `ready_history.sql` says it."""
    return "".join(_find_parts(home))


def _find_parts(home: Path) -> Iterator[str]:
    yield f"-- {_find_version()}\n"
    for name in _DATABASES:
        yield f"-- {name}\n"
        with closing(sqlite3.connect(home / name)) as connection:
            statements = list(connection.iterdump())
        # Dagster makes the indexes of a table in any order.
        statements.sort(key=lambda text: text if "INDEX" in text[:20] else "")
        statements.remove("COMMIT;")
        for statement in (*statements, "COMMIT;"):
            yield f"{_TIME.sub(repr('2026-01-01 00:00:00'), statement)}\n"


def _find_version() -> str:
    return f"dagster {version('dagster')}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "dagster.yaml").touch()
        make_history(Path(folder), "dagster.yaml")
        READY.write_text(find_history_sql(Path(folder)), encoding="utf-8")
