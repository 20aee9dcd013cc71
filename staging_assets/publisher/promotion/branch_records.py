"""What is on record of tables goes with them, when the tables of a branch change places."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_literal
from staging_assets.postgres import (
    BUILDS,
    MARK,
    Branch,
    Connection,
    find_build_schema,
    has_table,
    note_kept_sql,
)
from staging_assets.publisher.promotion.branch_state import Recorded
from staging_assets.publisher.transaction.steps import Step

_COLUMNS = "node, rows, seconds, built_at, run_id, content, made_of, as_left, failed"


def record_steps(
    connection: Connection,
    live: str,
    incoming: str,
    away: Branch,
    nodes: Collection[str],
    *,
    noted: bool,
) -> list[Step]:
    """Statements that let the records of some nodes change places, and note what is kept.

    Args:
        connection: in the transaction of the exchange.
        live: the live schema.
        incoming: where the tables come from.
        away: what the old ones become; its build schema is there, and empty.
        nodes: those that change places.
        noted: whether what the catalog had of the new ones is right in their new place: else
            what is there counts as what the build has left.
    """
    here, there, kept = (_spell(schema) for schema in (live, incoming, away.schema))
    wanted = f"node = any (array[{', '.join(map(quote_literal, sorted(nodes)))}]::text[])"
    statements = [
        f"create table {kept} (like {here} including all)",
        f"insert into {kept} ({_COLUMNS}) select {_COLUMNS} from {here} where {wanted}",  # noqa: S608
        f"delete from {here} where {wanted}",  # noqa: S608
        f"insert into {here} ({_COLUMNS}) select {_COLUMNS} from {there} where {wanted}",  # noqa: S608
    ]
    marks = [Relation(find_build_schema(schema), MARK) for schema in (live, incoming)]
    if all(has_table(connection, mark) for mark in marks):
        # That Postgres has counted without a break is told by a mark; each schema has its own.
        mark, other = map(quote, marks)
        statements.append(
            f"update {here} set made_of ="  # noqa: S608
            " replace(made_of::text, ' ' || o.mark || '\"', ' ' || m.mark || '\"')::jsonb"
            f" from (select min(mark) from {mark}) m (mark), (select min(mark) from {other})"
            f" o (mark) where {wanted} and m.mark is not null and o.mark is not null"
        )
    if not noted:
        statements.append(f"update {here} set as_left = null where {wanted}")  # noqa: S608
    statements.append(note_kept_sql(away))
    return [Step("the record of what was built", text) for text in statements]


def find_pins(nodes: Collection[str], live: Mapping[str, Recorded]) -> dict[str, str | None]:
    """The live nodes that some nodes were made of, and the content that each has now.

    Args:
        nodes: those that are put aside.
        live: what is on record of the live schema.
    """
    above = {name for node in nodes if node in live for name in live[node].above}
    return {
        name: live[name].content if name in live else None for name in sorted(above - set(nodes))
    }


def _spell(schema: str) -> str:
    return quote(Relation(find_build_schema(schema), BUILDS))
