"""Dagster's three databases as it makes them itself, ready to be laid into a new folder.

Dagster makes them by way of its migrations, and has to be imported for it; CI and newcomers always
begin in a new folder. `ready_history.sql` says what comes out of that, for every Dagster whose
tables and migrations are the same; any other makes them itself. A test compares both, and what is
new is taken up by `python -m staging_assets.defs.dagster_patches.make_history`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

READY = Path(__file__).with_suffix(".sql")
_DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
_STORAGES = ("event_log", "runs", "schedules")
_WORD = re.compile(rb'"\w+"')
_TIME = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?'")
"""When a migration was done: never in a new folder."""


def lay_history(home: Path) -> bool:
    """Lay the databases into a folder; False where that is not possible, and nothing was done.

    Args:
        home: a folder that Dagster has not used yet.
    """
    first, *parts = re.split(r"^-- ", READY.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    made = (home / "history", home / "schedules")
    if first.strip() != _find_kind() or any(folder.exists() for folder in made):
        return False
    for part in parts:
        name, _, statements = part.partition("\n")
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.executescript(statements)
    return True


def find_history_sql(home: Path) -> str:
    """What the databases of a folder hold, as `ready_history.sql` says it."""
    return "".join(_find_parts(home))


def find_tables(dagster: Path) -> str:
    """What tells one kind of databases from another: a digest of all that decides on it.

    That is which tables there are, which migrations of them, and of data: each of these is called
    by a word in quotes, which the databases note as done.

    Args:
        dagster: the folder of the package `dagster`, which is not imported for it.

    Raises OSError where Dagster keeps these elsewhere.
    """
    storage = dagster / "_core" / "storage"
    digest = sha256()
    for name in sorted(path.name for path in (storage / "alembic" / "versions").glob("*.py")):
        digest.update(name.encode())
    for part in _STORAGES:
        digest.update((storage / part / "schema.py").read_bytes())
        words = _WORD.findall((storage / part / "migration.py").read_bytes())
        digest.update(b" ".join(sorted(set(words))))
    return digest.hexdigest()[:16]


def _find_parts(home: Path) -> Iterator[str]:
    yield f"-- {_find_kind()}\n"
    for name in _DATABASES:
        yield f"-- {name}\n"
        with closing(sqlite3.connect(home / name)) as connection:
            statements = list(connection.iterdump())
        # Dagster makes the indexes of a table in any order.
        statements.sort(key=lambda text: text if "INDEX" in text[:20] else "")
        statements.remove("COMMIT;")
        for statement in (*statements, "COMMIT;"):
            yield f"{_TIME.sub(repr('2026-01-01 00:00:00'), statement)}\n"


def _find_kind() -> str:
    """The first line of `ready_history.sql` that suits the Dagster that is installed."""
    spec = find_spec("dagster")
    for folder in spec.submodule_search_locations or () if spec else ():
        try:
            return f"dagster with tables {find_tables(Path(folder))}"
        except OSError:
            pass
    return "no dagster that is known"
