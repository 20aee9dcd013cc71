"""A table that cannot be filled as a shadow: built where it stands, in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres.lookup import run_load_lookup
from staging_assets.postgres.publish import PublishOutcome
from staging_assets.postgres.session import Session
from staging_assets.postgres.spelling import spell
from staging_assets.postgres.work import Work
from staging_assets.project.model import Relation, Table
from staging_assets.project.rewrite import rewrite


def run_table_in_place(
    session: Session,
    work: Work,
    table: Table,
    live: Relation,
    audit: Callable[[Connection, Relation], None],
) -> tuple[int, PublishOutcome]:
    """Build a table in one transaction; return its rows and what the publication left behind."""
    with session.transaction():
        session.run(f"drop table if exists {spell(live)}")
        session.run_script(table.create, rewrite(table.create.text, schema=work.schema))
        session.pin()
        fill_in_place(session, table, live)
        audit(session.connection, live)
        rows = int(session.run(f"select count(*) from {spell(live)}")[0][0])  # noqa: S608
    return rows, PublishOutcome()


def fill_in_place(session: Session, table: Table, live: Relation) -> None:
    """Run what fills the table, inside the transaction that is open."""
    if table.lookup is not None:
        with session.connection.cursor() as cursor:
            run_load_lookup(cursor, live, table.lookup)
    if table.populate is not None:
        session.run_script(table.populate, rewrite(table.populate.text, schema=live.schema))
    session.pin()
