"""The same tables loaded by hand: without keys, keys afterwards, two connections, longest first.

It is a strong opponent, as it is told what nobody knows before a load: how many rows each table
will have, so that the longest chain starts first; the order of the tables, so that it plans
nothing; the keys apart from the CREATE statements. It fills a table in the transaction that
makes it, so that the rows need no write-ahead log. It has no checks, keeps no history, and
readers see the schema while it grows.
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

    name = "ideal"
    builds = True
    keys = True

    def prepare(self, setup: Setup) -> Command:
        if not setup.workload.tables:
            raise LeftOut("nobody has written a load of these scripts by hand")
        plan = setup.folder / "ideal.json"
        plan.parent.mkdir(parents=True, exist_ok=True)
        plan.write_text(json.dumps([_write(table) for table in setup.workload.tables], indent=1))
        words = (PYTHON, PROGRAMS / "ideal_load.py", plan, str(WORKERS))
        return Command(words, clean_environment(BENCH_URL=setup.server.url), setup.folder)


def _write(table: Table) -> dict[str, object]:
    name = f"staging.{table.name}"
    validate = [
        f"alter table {name} validate constraint {key.split()[1]}" for key in table.foreign_keys
    ]
    return {
        "name": table.name,
        "needs": table.needs,
        "size": table.size,
        # In the transaction that makes the table, so that rows need no WAL.
        "load": table.create(keys=False) + table.insert(),
        "harden": [
            f"alter table {name} add {table.primary_key}",
            *(f"alter table {name} add {key} not valid" for key in table.foreign_keys),
            *validate,
            f"analyze {name}",
        ],
    }
