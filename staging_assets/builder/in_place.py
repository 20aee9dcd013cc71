"""A table that cannot be filled as a shadow: built where it stands, in one transaction.

The old table is retired under a lock, the new and empty one takes its place and is filled
there, by whatever names it. Until the commit everybody else waits; if anything fails, the old
table is back with all that hangs on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from staging_assets.builder.bad_rows import explain_statement
from staging_assets.builder.branches.keys import run_check_keys
from staging_assets.builder.context import RunContext, Task
from staging_assets.builder.plan import find_plan, run_with_free_names
from staging_assets.builder.shadow.lookup_rows import run_load_lookup
from staging_assets.builder.shadow.table import Shadow, run_discard, run_make_shadow
from staging_assets.errors import ScriptError
from staging_assets.model import Relation, Script, Table
from staging_assets.parser import quote, rewrite
from staging_assets.postgres import Connection, Session, find_abilities, run_script
from staging_assets.publisher import run_in_place


class Size(NamedTuple):
    """How much a table holds: rows, and bytes on disk where that is known."""

    rows: int
    bytes: int | None


def run_table_in_place(
    session: Session,
    work: RunContext,
    task: Task,
    table: Table,
    *,
    clean: Callable[[], None],
    audit: Callable[[Connection, Relation], None],
    record: Callable[[int], str],
) -> Size:
    """Build a table in one transaction; return how much it holds.

    Args:
        clean: called when the table is filled.
        audit: called with the filled table before the commit; what it raises ends the build.
        record: makes the SQL that records it, of the number of its rows.

    Raises ScriptError, BuildError, or what `clean` and `audit` raise; the old table is then as
    it was.
    """
    live = Relation(work.schema, table.name)
    plan = find_plan(session, work, table, task.rebuilt_later, filled=False)
    shadow, _ = run_make_shadow(session, table, plan)
    size = Size(0, None)

    def fill() -> None:
        nonlocal size
        session.pin()
        fill_in_place(session, table, live)
        clean()
        run_check_keys(session, shadow, live)
        session.run(f"analyze {quote(live)}")
        size = read_size(session, live)

    def publish(shadows: Sequence[Shadow]) -> None:
        request = work.publish_request(session, task, shadows, lambda: record(size.rows))
        run_in_place(session.connection, request, fill=fill, audit=audit)

    try:
        run_with_free_names(session, [shadow], [plan], publish)
    except BaseException:
        run_discard(session, shadow)
        raise
    return size


def read_size(session: Session, table: Relation) -> Size:
    """Count a table's rows, and ask in the same message what it takes on disk.

    Args:
        table: as it is in the transaction that is open.
    """
    named = quote(table)
    if find_abilities(session.open()).distributes:
        return Size(int(session.run(f"select count(*) from {named}")[0][0]), None)  # noqa: S608
    found = session.run(
        f"select count(*), coalesce((select sum(pg_total_relation_size(t.relid))"  # noqa: S608
        " from pg_partition_tree(%s::regclass) as t), pg_total_relation_size(%s::regclass))"
        f" from {named.replace('%', '%%')}",
        (named, named),
    )
    return Size(int(found[0][0]), int(found[0][1]))


def run_in_live(session: Session, script: Script, schema: str) -> None:
    """Run a script where its tables stand, inside the transaction that is open.

    Args:
        schema: the one that is built.

    Raises ScriptError.
    """
    session.path.stand_first(None)
    text = rewrite(script.text, session.schemas, schema=schema, ask=session.find_naming)
    run_script(session, script, text)
    session.pin()


def fill_in_place(session: Session, table: Table, live: Relation) -> None:
    """Run what fills the table, inside the transaction that is open."""
    session.path.stand_first(None)
    if table.lookup is not None:
        with session.users_connection.cursor() as cursor:
            run_load_lookup(cursor, live, table.lookup)
    if table.populate is not None:
        text = rewrite(
            table.populate.text, session.schemas, schema=live.schema, ask=session.find_naming
        )
        failure: ScriptError | None = None
        try:
            run_script(session, table.populate, text)
        except ScriptError as error:
            failure = error
        if failure is not None:
            raise explain_statement(
                failure,
                table,
                live,
                build_schema=live.schema,
                key=(),
            )
    session.pin()
