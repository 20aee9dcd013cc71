"""Which nodes are left alone by luigi's rule, and where tables are only created.

What has changed since the last build is decided for all nodes at once, before the run:
`scheduler/planning/`.
"""

from __future__ import annotations

from staging_assets.builder.context import Rebuild, RunContext, Task
from staging_assets.model import Kind, Relation
from staging_assets.postgres import Connection, has_rows, has_table, has_values


def is_done(connection: Connection, work: RunContext, task: Task) -> bool:
    """Whether a node of any kind but the schema is left alone."""
    kind = work.project.kind(task.node)
    if work.options.create_only:
        return kind is Kind.CLEANUP or (
            kind is not Kind.PROCEDURES and has_table(connection, Relation(work.schema, task.node))
        )
    if task.fresh:
        return False  # the rows are new, whatever stands in the cleanup's column
    return work.options.rebuild is Rebuild.MISSING and _is_filled(connection, work, task)


def _is_filled(connection: Connection, work: RunContext, task: Task) -> bool:
    """Luigi's rule. Lookup tables and procedures are always built."""
    kind = work.project.kind(task.node)
    if kind is Kind.CLEANUP:
        cleanup = work.project.cleanups[work.project.node(task.node).name]
        live = Relation(work.schema, cleanup.table)
        if cleanup.column is not None:
            return has_values(connection, live, cleanup.column)
        # Without a column, that it has run on the rows of the table's last build.
        before, table = work.history.get(task.node), work.history.get(cleanup.table)
        if before is None or before.made_of is None or table is None:
            return False
        cleaned = before.made_of.above.get(cleanup.table)
        return cleaned == table.content and has_table(connection, live)
    if kind is not Kind.TABLE:
        return False
    live = Relation(work.schema, task.node)
    if not has_table(connection, live):
        return False
    return not work.project.tables[task.node].filled or has_rows(connection, live)
