"""Which nodes are left alone: luigi's rule, or nothing has changed since their last build."""

from __future__ import annotations

from staging_assets.builder.context import Rebuild, RunContext, Task
from staging_assets.model import Kind, Relation
from staging_assets.postgres import Connection, has_functions, has_rows, has_table, has_values


def is_done(connection: Connection, work: RunContext, task: Task) -> bool:
    """Whether a node of any kind but the schema is left alone."""
    kind = work.project.kind(task.node)
    if work.options.create_only:
        return kind is Kind.CLEANUP or (
            kind is not Kind.PROCEDURES and has_table(connection, Relation(work.schema, task.node))
        )
    if work.options.rebuild is Rebuild.CHANGED:
        return _is_as_remembered(work, task) and _is_there(connection, work, task)
    if task.fresh:
        return False  # the rows are new, whatever stands in the cleanup's column
    return work.options.rebuild is Rebuild.MISSING and _is_filled(connection, work, task)


def _is_there(connection: Connection, work: RunContext, task: Task) -> bool:
    """Whether what was built is still there: somebody may have dropped it by hand."""
    kind = work.project.kind(task.node)
    if kind is Kind.PROCEDURES:
        functions = work.project.procedures[work.project.node(task.node).name].functions
        return has_functions(connection, work.schema, {function.name for function in functions})
    table = work.project.node(task.node).name
    return has_table(connection, Relation(work.schema, table))


def _is_filled(connection: Connection, work: RunContext, task: Task) -> bool:
    """Luigi's rule. Lookup tables and procedures are always built."""
    kind = work.project.kind(task.node)
    if kind is Kind.CLEANUP:
        cleanup = work.project.cleanups[work.project.node(task.node).name]
        live = Relation(work.schema, cleanup.table)
        if cleanup.column is not None:
            return has_values(connection, live, cleanup.column)
        # Without a column, that it was remembered after its table was last built.
        before = work.history.get(task.node)
        return before is not None and before.fingerprint != "" and has_table(connection, live)
    if kind is not Kind.TABLE:
        return False
    live = Relation(work.schema, task.node)
    if not has_table(connection, live):
        return False
    return not work.project.tables[task.node].filled or has_rows(connection, live)


def _is_as_remembered(work: RunContext, task: Task) -> bool:
    """Whether the last build of the node was made from the same files, and after all above it."""
    before = work.history.get(task.node)
    if before is None or not task.settled:
        return False
    if before.fingerprint != work.fingerprints[task.node]:
        return False
    above = (work.history.get(parent) for parent in work.project.dependencies[task.node])
    made = before.content_at
    return made is not None and all(
        other is None or other.content_at is None or other.content_at <= made for other in above
    )
