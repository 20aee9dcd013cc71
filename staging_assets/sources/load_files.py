"""Many CSV files at once: each is loaded or fails for itself, and is told as it ends."""

from __future__ import annotations

import queue
import threading
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from staging_assets.errors import BuildError, StagingError
from staging_assets.model import Relation
from staging_assets.postgres import Server
from staging_assets.sources.csv_files import CsvFile
from staging_assets.sources.load_csv import CsvLoad, run_csv_load


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

    def load(name: str) -> None:
        file = files[name]
        try:
            if file.problem is not None:
                raise BuildError(file.problem)
            relation = Relation(schema, name)
            loaded = run_csv_load(
                server, file.path, relation, form=file.format, cancelled=cancelled
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


def _find_size(file: CsvFile) -> int:
    """Bytes; the largest come first, so that no connection is left alone with one at the end."""
    try:
        return file.path.stat().st_size
    except OSError:
        return 0
