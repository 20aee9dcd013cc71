"""The same tables loaded by hand: without keys, keys afterwards, two connections, longest first."""

from __future__ import annotations

import json

from benchmarks.contestants.common import (
    PROGRAMS,
    PYTHON,
    WORKERS,
    Command,
    Missing,
    Setup,
    clean_environment,
)
from benchmarks.workload import Table


class Ideal:
    """What somebody would write who knows this workload and Postgres well."""

    name = "ideal"
    builds = True
    keys = True

    def prepare(self, setup: Setup) -> Command:
        if not setup.workload.tables:
            raise Missing("nobody has written this workload by hand")
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
