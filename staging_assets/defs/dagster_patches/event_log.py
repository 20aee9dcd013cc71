"""Where Dagster keeps its runs on this machine: its own SQLite files, held open between events.

Dagster's SQLite storage opens and closes its files for every event and translates each statement
anew. A build of 100 tables stores 600 events; holding the files open halves the time of the whole
command. The files, their tables and their place stay Dagster's own, so its stock storage reads
them too. `dagster.yaml` names this class, which is Dagster's way of taking a storage.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage  # documented, yet private
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

_BUSY_SECONDS = 60
_MOST_KEPT = 2
"""The index of all runs, and the run that is written or looked at."""


@dataclass(frozen=True)
class _Kept:
    """A file that is held open, and what tells that it is still the one to use."""

    engine: Engine
    identity: tuple[int, int | None]


class LocalEventLogStorage(SqliteEventLogStorage):
    """Dagster's SQLite storage of events, with the files held open.

    Args:
        base_dir: folder of the files, one for each run and one index.
    """

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._kept: dict[str, _Kept] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> Any:
        """One setting, `home`: a text, or the variable that holds it."""
        return {"home": dg.StringSource}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> LocalEventLogStorage:
        """Make it below `home`, in the folder that Dagster's own storage takes by default."""
        return cls(str(Path(config_value["home"], "history", "runs")), inst_data)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; those that it has, it keeps."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def store_event(self, event: Any) -> None:
        """Store one event."""
        super().store_event(event)
        # A page that shows this run waits for its file to change, but while it is held open only
        # the log beside it does.
        os.utime(self.path_for_shard(event.run_id))

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        if shard not in self._initialized_dbs:
            with super()._connect(shard):
                pass
        with self._db_lock, self._open(shard).connect() as connection, connection.begin():
            yield connection

    def _open(self, shard: str) -> Engine:
        """The open file of a shard; the one used longest ago is closed when there are too many."""
        identity = os.getpid(), _find_inode(self.path_for_shard(shard))
        kept = self._kept.pop(shard, None)
        if kept is None or kept.identity != identity:
            _close(kept)
            kept = _Kept(_build_engine(self.conn_string_for_shard(shard)), identity)
        self._kept[shard] = kept
        while len(self._kept) > _MOST_KEPT:
            _close(self._kept.pop(next(iter(self._kept))))
        return kept.engine

    def delete_events(self, run_id: str) -> None:
        """Delete a run's events, and the file that held nothing else."""
        super().delete_events(run_id)
        with self._db_lock:
            _close(self._kept.pop(run_id, None))
            self._initialized_dbs.discard(run_id)
            for companion in ("", "-wal", "-shm", "-journal"):
                Path(f"{self.path_for_shard(run_id)}{companion}").unlink(missing_ok=True)

    def dispose(self) -> None:
        """Close the files."""
        with self._db_lock:
            while self._kept:
                _close(self._kept.popitem()[1])
        super().dispose()


def _find_inode(path: str) -> int | None:
    """What tells a file from one that was made in its place, as when the history is wiped."""
    try:
        return os.stat(path).st_ino  # noqa: PTH116 - called for every event
    except FileNotFoundError:
        return None


def _close(kept: _Kept | None) -> None:
    if kept is not None:
        # Not what a fork has inherited: that belongs to the process it came from.
        kept.engine.dispose(close=kept.identity[0] == os.getpid())


def _build_engine(url: str) -> Engine:
    """An engine of one connection, which takes turns under the storage's lock."""
    engine = create_engine(
        url,
        poolclass=StaticPool,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        # With a write-ahead log this cannot damage a file: a power cut may take the last events.
        connection.execute("pragma synchronous = normal")

    return engine
