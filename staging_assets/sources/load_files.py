"""Many CSV files at once: each is loaded or fails for itself, and is told as it ends."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from staging_assets.errors import BuildError, CrowdedError, StagingError
from staging_assets.model import Relation
from staging_assets.postgres import Server
from staging_assets.sources.csv_files import CsvFile
from staging_assets.sources.load_csv import CsvLoad, run_csv_load

_PAUSE = 0.25
_REFUSED_BY = 1.0
"""A server that is full says so at once: what runs for longer is at work."""


@dataclass(frozen=True)
class CsvOutcome:
    """What came of one file.

    Args:
        name: of its table.
        load: what was loaded; None when it failed.
        message: why it failed.
    """

    name: str
    load: CsvLoad | None = None
    message: str = ""


def run_csv_loads(
    server: Server, schema: str, files: Mapping[str, CsvFile], names: Collection[str], workers: int
) -> Iterator[CsvOutcome]:
    """Load files into their tables; give what came of each, as it ends.

    Args:
        server: where to.
        schema: of the tables.
        files: name of the table to its file.
        names: the tables to load.
        workers: files that are loaded at the same time.
    """
    cancelled = threading.Event()
    done: queue.SimpleQueue[CsvOutcome] = queue.SimpleQueue()
    turns = _Turns(server.patience, cancelled)

    def load(name: str) -> None:
        file = files[name]
        try:
            if file.problem is not None:
                raise BuildError(file.problem)
            relation = Relation(schema, name)
            loaded = turns.run(
                lambda: run_csv_load(
                    server, file.path, relation, form=file.format, cancelled=cancelled
                )
            )
        except StagingError as error:
            done.put(CsvOutcome(name, message=str(error)))
        except BaseException as error:
            done.put(CsvOutcome(name, message=type(error).__name__))
            raise
        else:
            done.put(CsvOutcome(name, loaded))

    # However this ends, loads that still run are given up before the pool is waited for.
    with ThreadPoolExecutor(workers) as pool, ExitStack() as pool_guard:
        for name in sorted(names, key=lambda name: (-_find_size(files[name]), name)):
            pool.submit(load, name)
        pool_guard.callback(cancelled.set)
        for _ in names:
            yield done.get()


class _Turns:
    """Lets a load that the server has no connection for wait for one that ends.

    Args:
        patience: seconds to wait when none is at work that could end.
        cancelled: ends the waiting when it is set.
    """

    def __init__(self, patience: float, cancelled: threading.Event) -> None:
        self._patience = patience
        self._cancelled = cancelled
        self._begun: dict[int, float] = {}

    def run(self, load: Callable[[], CsvLoad]) -> CsvLoad:
        """Run a load as soon as it is let in. Raises what it raises."""
        own = threading.get_ident()
        waited_since = time.monotonic()
        while True:
            self._begun[own] = time.monotonic()
            try:
                return load()
            except CrowdedError:
                del self._begun[own]
                now = time.monotonic()
                if any(now - begun > _REFUSED_BY for begun in list(self._begun.values())):
                    waited_since = now
                if now - waited_since > self._patience or self._cancelled.wait(_PAUSE):
                    raise
            finally:
                self._begun.pop(own, None)


def _find_size(file: CsvFile) -> int:
    """Bytes; the largest come first, so that no connection is left alone with one at the end."""
    try:
        return file.path.stat().st_size
    except OSError:
        return 0
