"""The same tables loaded by hand: without keys, keys afterwards, two connections, longest first.

A strong opponent, as it is told what nobody knows before a load: how many rows each table
will have, so that the longest chain starts first; the order of the tables, so that it plans
nothing; the keys apart from the CREATE statements. It has no checks, keeps no history, and
readers see the schema while it grows.

There are two. `ideal` makes the tables and then fills them, as one does. `ideal-no-wal` fills each
table in the transaction that makes it, so that its rows need no write-ahead log where the server's
`wal_level` is minimal; this project does so too.
"""

from __future__ import annotations

import json

from benchmarks.contestants.common import (
    PROGRAMS,
    PYTHON,
    WORKERS,
    Command,
    LeftOut,
    Setup,
    clean_environment,
)
from benchmarks.workload import Table


class Ideal:
    """What somebody would write who knows Postgres well and this workload beforehand."""

    builds = True
    keys = True

    def __init__(self, *, no_wal: bool = False) -> None:
        self.name = "ideal-no-wal" if no_wal else "ideal"
        self._no_wal = no_wal

    def prepare(self, setup: Setup) -> Command:
        if not setup.workload.tables:
            raise LeftOut("nobody has written a load of these scripts by hand")
        plan = setup.folder / f"{self.name}.json"
        plan.parent.mkdir(parents=True, exist_ok=True)
        tables = [_write(table, no_wal=self._no_wal) for table in setup.workload.tables]
        plan.write_text(json.dumps(tables, indent=1))
        words = (PYTHON, PROGRAMS / "ideal_load.py", plan, str(WORKERS))
        return Command(words, clean_environment(BENCH_URL=setup.server.url), setup.folder)


def _write(table: Table, *, no_wal: bool) -> dict[str, object]:
    name = f"staging.{table.name}"
    validate = [
        f"alter table {name} validate constraint {key.split()[1]}" for key in table.foreign_keys
    ]
    create, insert = table.create(keys=False), table.insert()
    return {
        "name": table.name,
        "needs": table.needs,
        "size": table.size,
        "before": "" if no_wal else create,
        "load": create + insert if no_wal else insert,
        "harden": [
            f"alter table {name} add {table.primary_key}",
            *(f"alter table {name} add {key} not valid" for key in table.foreign_keys),
            *validate,
            f"analyze {name}",
        ],
    }
