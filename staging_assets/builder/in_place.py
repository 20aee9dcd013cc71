"""A table that cannot be filled as a shadow: built where it stands, in one transaction.

The old table is retired under a lock, the new and empty one takes its place and is filled
there, by whatever names it. Until the commit everybody else waits; if anything fails, the old
table is back with all that hangs on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from staging_assets.builder.bad_rows import explain_statement
from staging_assets.builder.context import RunContext, Task
from staging_assets.builder.plan import find_plan, run_with_free_names
from staging_assets.builder.shadow.lookup_rows import run_load_lookup
from staging_assets.builder.shadow.table import Shadow, run_discard, run_make_shadow
from staging_assets.errors import ScriptError
from staging_assets.model import Relation, Script, Table
from staging_assets.parser import quote, rewrite
from staging_assets.postgres import Connection, Session, run_script
from staging_assets.publisher import run_in_place


def run_table_in_place(
    session: Session,
    work: RunContext,
    task: Task,
    table: Table,
    *,
    clean: Callable[[], None],
    audit: Callable[[Connection, Relation], None],
    record: Callable[[int], str],
) -> int:
    """Build a table in one transaction; return the number of its rows.

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
    rows = 0

    def fill() -> None:
        nonlocal rows
        session.pin()
        fill_in_place(session, table, live)
        clean()
        session.run(f"analyze {quote(live)}")
        rows = int(session.run(f"select count(*) from {quote(live)}")[0][0])  # noqa: S608

    def publish(shadows: Sequence[Shadow]) -> None:
        request = work.publish_request(session, task, shadows, lambda: record(rows))
        run_in_place(session.connection, request, fill=fill, audit=audit)

    try:
        run_with_free_names(session, [shadow], [plan], publish)
    except BaseException:
        run_discard(session, shadow)
        raise
    return rows


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
